/* Two pixels at a time, by multiplications of 32 bits alone: for cores without instructions for several products.
 *
 * A word holds the inputs of two pixels, one in each half. Its product with a weight holds two products; if inputs and
 * weights are taken as unsigned numbers of 8 bits (code + 128), neither needs more than its 16 bits. Of a sum of such
 * words, modulo 2^32, and the sum of their upper halves, both sums of products can be told: with inputs x and weights w
 *
 *   sum(q_x * q_w) = sum(x * w) - 128 * sum(x) - 128 * sum(q_w),   q = code, x = q_x + 128, w = q_w + 128
 *
 * where the last part goes with the bias.
 */
#ifndef TQ_PAIRED_S8_H
#define TQ_PAIRED_S8_H

#include <stdint.h>

enum { TQ_PAIRED_CHANNELS = 4 }; /* that are computed at a time */

typedef struct {
    int32_t words;             /* inputs per pixel, rounded up to a multiple of four */
    int32_t channels;          /* output channels */
    const uint32_t *weights;   /* [channels / 4, rounded up][words]: weights + 128 of four channels, the first lowest */
    const int32_t *bias;       /* [channels] */
    const int32_t *multiplier; /* [channels], or [1] if multiplier_step is 0 */
    const int8_t *shift;       /* as multiplier; to the right, 1 to 22 */
    int32_t multiplier_step;   /* 1: a multiplier for each channel, 0: one for all */
    int32_t zero_point;
    int32_t min; /* fused activation */
    int32_t max;
} tq_paired_s8_params;

/* The sums of four channels over the words [inputs, end), a multiple of four: of products with the first pixel, then of
 * those with the second one.
 */
void tq_paired_sums(const uint32_t *inputs, const uint32_t *weights, const uint32_t *end, uint32_t *sums);

/* Computes two pixels of `channels` codes each.
 *
 * inputs: [words], and behind them 128 times the sum of each pixel's inputs.
 */
void tq_paired_s8(const tq_paired_s8_params *p, const uint32_t *inputs, int8_t *first, int8_t *second);

#endif
