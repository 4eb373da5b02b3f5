/* TRANSPOSE_CONV of int8. */
#ifndef TQ_TRANSPOSE_CONV_S8_H
#define TQ_TRANSPOSE_CONV_S8_H

#include <stdint.h>

#include "tq_output_s8.h"
#include "tq_transpose_conv_shape.h"

typedef struct {
    tq_transpose_conv_shape shape;
    int32_t input_zero_point;
    const int8_t *weights; /* [output channel][filter row][filter column][input channel] */
    tq_output_s8 output;
} tq_transpose_conv_s8_params;

void tq_transpose_conv_s8(const tq_transpose_conv_s8_params *p, const int8_t *input, int8_t *output);

#endif
