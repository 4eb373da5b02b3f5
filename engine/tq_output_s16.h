/* How the sums of output channels become int16.
 *
 * TensorFlow Lite Micro has two ways: 64-bit sums are scaled by multipliers of 16 bits and rounded once, 32-bit sums
 * (where biases are int32) as in the int8 kernels.
 */
#ifndef TQ_OUTPUT_S16_H
#define TQ_OUTPUT_S16_H

#include <stdint.h>

typedef struct {
    const int32_t *bias;             /* [channels] */
    const int64_t *wide_bias;        /* [channels], instead of bias where that is too narrow */
    const int16_t *multiplier;       /* 64-bit sums: [channels], or [1] if multiplier_step is 0 */
    const int32_t *multiplier_of_32; /* 32-bit sums: the same, instead of multiplier */
    const int8_t *shift;             /* as the multipliers */
    int32_t multiplier_step;         /* 1: a multiplier for each channel, 0: one for all */
    int32_t zero_point;
    int32_t min; /* fused activation */
    int32_t max;
} tq_output_s16;

/* The code of a channel's sum. */
int16_t tq_sum_to_s16(const tq_output_s16 *p, int64_t sum, int32_t channel);

#endif
