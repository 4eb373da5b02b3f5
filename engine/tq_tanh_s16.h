/* TANH of int16: 2 / (1 + exp(-2 x)) - 1, by the table of the logistic function. */
#ifndef TQ_TANH_S16_H
#define TQ_TANH_S16_H

#include <stdint.h>

enum { TQ_TANH_S16_TABLE_SIZE = 256 };

/* A code times multiplier / 2^shift has the unit 1/12288 of x: 256 of it are half a step of the table, 1/48 of x. */
typedef struct {
    int32_t count;
    int32_t multiplier;
    int32_t shift;
    const uint16_t *table; /* the logistic function of multiples of 1/24, 16 fractional bits */
} tq_tanh_s16_params;

void tq_tanh_s16(const tq_tanh_s16_params *p, const int16_t *input, int16_t *output);

#endif
