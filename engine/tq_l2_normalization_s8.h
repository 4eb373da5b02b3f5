/* L2_NORMALIZATION of int8 along the last dimension. */
#ifndef TQ_L2_NORMALIZATION_S8_H
#define TQ_L2_NORMALIZATION_S8_H

#include <stdint.h>

/* Outputs have 7 fractional bits. */
void tq_l2_normalization_s8(
    int32_t rows, int32_t depth, int32_t input_zero_point, const int8_t *input, int8_t *output);

#endif
