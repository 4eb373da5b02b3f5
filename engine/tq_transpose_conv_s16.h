/* TRANSPOSE_CONV of int16 with int8 weights. */
#ifndef TQ_TRANSPOSE_CONV_S16_H
#define TQ_TRANSPOSE_CONV_S16_H

#include <stdint.h>

#include "tq_output_s16.h"
#include "tq_transpose_conv_shape.h"

typedef struct {
    tq_transpose_conv_shape shape;
    const int8_t *weights; /* [output channel][filter row][filter column][input channel] */
    tq_output_s16 output;
} tq_transpose_conv_s16_params;

void tq_transpose_conv_s16(const tq_transpose_conv_s16_params *p, const int16_t *input, int16_t *output);

#endif
