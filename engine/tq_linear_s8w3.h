/* Output channels as dot products with 3-bit weights: the inner part of convolution and of fully connected layers. */
#ifndef TQ_LINEAR_S8W3_H
#define TQ_LINEAR_S8W3_H

#include <stdint.h>

#include "tq_output_s8.h"

/* `output.bias` already holds -input_zero_point * sum(weights) of its channel, so that inputs are used as they are. */
typedef struct {
    int32_t depth;          /* inputs per output channel */
    const uint8_t *weights; /* [channels][tq_narrow_bytes(depth, 3)], eight weights in three bytes */
    tq_output_s8 output;
} tq_linear_s8w3_params;

/* Computes output[first .. first + count - 1] from input[depth]; `extra` is added to every sum. */
void tq_linear_s8w3(const tq_linear_s8w3_params *p, const int8_t *input, int32_t first, int32_t count, int32_t extra,
                    int8_t *output);

#endif
