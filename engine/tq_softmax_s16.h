/* SOFTMAX of int16 over the last axis. */
#ifndef TQ_SOFTMAX_S16_H
#define TQ_SOFTMAX_S16_H

#include <stdint.h>

typedef struct {
    int32_t rows;
    int32_t depth;      /* length of a row */
    int32_t multiplier; /* from a difference of codes to 10 / 65535 */
    int32_t shift;
    const int16_t *exponential; /* exp(x) for x in [-10, 0], 15 fractional bits; see tq_interpolate_s16 */
    const int16_t *reciprocal;  /* 1 / (1 + x) for x in [0, 1], the same */
} tq_softmax_s16_params;

/* Zero points are 0 and the output's scale is 1/32768. */
void tq_softmax_s16(const tq_softmax_s16_params *p, const int16_t *input, int16_t *output);

#endif
