/* TRANSPOSE_CONV of float32. */
#ifndef TQ_TRANSPOSE_CONV_F32_H
#define TQ_TRANSPOSE_CONV_F32_H

#include <stdint.h>

#include "tq_transpose_conv_shape.h"

typedef struct {
    tq_transpose_conv_shape shape;
    const float *weights; /* [output channel][filter row][filter column][input channel] */
    const float *bias;    /* [output channel] */
    float min;
    float max;
} tq_transpose_conv_f32_params;

void tq_transpose_conv_f32(const tq_transpose_conv_f32_params *p, const float *input, float *output);

#endif
