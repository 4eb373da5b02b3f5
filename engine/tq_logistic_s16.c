#include "tq_logistic_s16.h"

enum {
    STEP_BITS = 9,   /* of an input between two values of the table */
    LAST_STEP = 255, /* from there on the result is that of the table's end */
    ONE = 1 << 25,   /* as interpolated: 16 fractional bits of the table, 9 of a step */
};

/* 1 / (1 + exp(-x)) for x >= 0, 25 fractional bits. */
static int32_t positive_logistic(const uint16_t *table, int32_t x)
{
    const int32_t step = x >> STEP_BITS;

    if (step >= LAST_STEP) {
        return INT16_MAX << 10;
    }
    return (table[step] << STEP_BITS) + (x & ((1 << STEP_BITS) - 1)) * (table[step + 1] - table[step]);
}

void tq_logistic_s16(const tq_logistic_s16_params *p, const int16_t *input, int16_t *output)
{
    const int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;

    for (int32_t i = 0; i < p->count; ++i) {
        const int32_t x = (input[i] * p->multiplier + half) >> p->shift;

        /* 15 fractional bits stay; ties go up, those of negative inputs down */
        if (x >= 0) {
            output[i] = (int16_t)((positive_logistic(p->table, x) + 512) >> 10);
        } else {
            output[i] = (int16_t)((ONE - positive_logistic(p->table, -x) + 511) >> 10);
        }
    }
}
