/* LOGISTIC of int16: by a table for positive inputs, linear between its values. */
#ifndef TQ_LOGISTIC_S16_H
#define TQ_LOGISTIC_S16_H

#include <stdint.h>

typedef struct {
    int32_t count;
    int32_t multiplier; /* input code * multiplier * 2^-shift has a scale of 1/12288 */
    int32_t shift;
    const uint16_t *table; /* [256]: 1 / (1 + exp(-i / 24)), 16 fractional bits */
} tq_logistic_s16_params;

/* Zero points are 0 and the output's scale is 1/32768. */
void tq_logistic_s16(const tq_logistic_s16_params *p, const int16_t *input, int16_t *output);

#endif
