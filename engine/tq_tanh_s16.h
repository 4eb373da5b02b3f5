/* TANH of int16: 2 / (1 + exp(-2 x)) - 1, by the table of the logistic function. */
#ifndef TQ_TANH_S16_H
#define TQ_TANH_S16_H

#include <stdint.h>

/* A code times multiplier / 2^shift is x in units of 1/12288. */
typedef struct {
    int32_t count;
    int32_t multiplier;
    int32_t shift;
    const uint16_t *table; /* as in tq_squash_s16.h */
} tq_tanh_s16_params;

void tq_tanh_s16(const tq_tanh_s16_params *p, const int16_t *input, int16_t *output);

#endif
