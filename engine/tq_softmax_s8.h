/* SOFTMAX of int8 over the last axis. */
#ifndef TQ_SOFTMAX_S8_H
#define TQ_SOFTMAX_S8_H

#include <stdint.h>

typedef struct {
    int32_t rows;
    int32_t depth;              /* length of a row */
    const int32_t *exponential; /* exp(-difference * scale * beta) with 31 fractional bits, by difference to the largest */
    int32_t exponentials;       /* differences from there on count as an exponential of 0 */
} tq_softmax_s8_params;

/* The output's scale is 1/256 and its zero point -128. */
void tq_softmax_s8(const tq_softmax_s8_params *p, const int8_t *input, int8_t *output);

/* The output's scale is 1/65536 and its zero point -32768. */
void tq_softmax_s8_s16(const tq_softmax_s8_params *p, const int8_t *input, int16_t *output);

#endif
