/* MAX_POOL_2D and AVERAGE_POOL_2D of float32. */
#ifndef TQ_POOL_F32_H
#define TQ_POOL_F32_H

#include <stdint.h>

#include "tq_conv_shape.h"

typedef struct {
    tq_conv_shape shape; /* without dilation; as many output as input channels */
    float min;           /* fused activation */
    float max;
} tq_pool_f32_params;

void tq_max_pool_f32(const tq_pool_f32_params *p, const float *input, float *output);
void tq_average_pool_f32(const tq_pool_f32_params *p, const float *input, float *output);
void tq_l2_pool_f32(const tq_pool_f32_params *p, const float *input, float *output);

#endif
