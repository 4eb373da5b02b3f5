/* Output channels as dot products with 2-bit weights: the inner part of convolution and of fully connected layers. */
#ifndef TQ_LINEAR_S8W2_H
#define TQ_LINEAR_S8W2_H

#include <stdint.h>

#include "tq_output_s8.h"

/* `output.bias` already holds -input_zero_point * sum(weights) of its channel, so that inputs are used as they are. */
typedef struct {
    int32_t depth;          /* inputs per output channel */
    const uint8_t *weights; /* [channels][tq_narrow_bytes(depth, 2)], four weights a byte */
    tq_output_s8 output;
} tq_linear_s8w2_params;

/* Computes output[first .. first + count - 1] from input[depth]; `extra` is added to every sum. */
void tq_linear_s8w2(const tq_linear_s8w2_params *p, const int8_t *input, int32_t first, int32_t count, int32_t extra,
                    int8_t *output);

#endif
