/* Output channels as dot products of int16 inputs with int8 weights: the inner part of convolution and of fully
 * connected layers.
 */
#ifndef TQ_LINEAR_S16_H
#define TQ_LINEAR_S16_H

#include <stdint.h>

#include "tq_output_s16.h"

/* Biases already hold -input_zero_point * sum(weights) of their channel, so that inputs are used as they are. */
typedef struct {
    int32_t depth;         /* inputs per output channel */
    const int8_t *weights; /* [channels][depth] */
    tq_output_s16 output;
} tq_linear_s16_params;

/* Computes output[first .. first + count - 1] from input[depth]; `extra` is added to every sum. */
void tq_linear_s16(const tq_linear_s16_params *p, const int16_t *input, int32_t first, int32_t count, int64_t extra,
                   int16_t *output);

#endif
