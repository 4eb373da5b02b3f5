/* MAX_POOL_2D and AVERAGE_POOL_2D, NHWC. Padding takes no part in either. */
#ifndef TQ_POOL_S8_H
#define TQ_POOL_S8_H

#include <stdint.h>

typedef struct {
    int32_t batches;
    int32_t input_height;
    int32_t input_width;
    int32_t channels;
    int32_t output_height;
    int32_t output_width;
    int32_t filter_height;
    int32_t filter_width;
    int32_t stride_height;
    int32_t stride_width;
    int32_t padding_top;
    int32_t padding_left;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_pool_s8_params;

void tq_max_pool_s8(const tq_pool_s8_params *p, const int8_t *input, int8_t *output);
void tq_average_pool_s8(const tq_pool_s8_params *p, const int8_t *input, int8_t *output);

#endif
