/* As tq_paired_s8.h, for outputs whose codes tq_scale_once.h makes. */
#ifndef TQ_PAIRED_RELU_S8_H
#define TQ_PAIRED_RELU_S8_H

#include <stdint.h>

#include "tq_paired_s8.h"

typedef struct {
    int32_t words;           /* inputs per pixel, rounded up to a multiple of four */
    int32_t channels;        /* output channels */
    const uint32_t *weights; /* [channels / 4, rounded up][words]: weights + 128 of four channels, the first lowest */
    const int32_t *scales;   /* [channels, rounded up to a multiple of four]: addend and multiplier */
} tq_paired_relu_s8_params;

/* Computes two pixels of `channels` codes each.
 *
 * inputs: [words], and behind them two words that begin the sums: -128 times the sum of each pixel's inputs, the second
 * pixel's as it is, before it that of both: first + 2^16 * second.
 */
void tq_paired_relu_s8(const tq_paired_relu_s8_params *p, const uint32_t *inputs, int8_t *first, int8_t *second);

#endif
