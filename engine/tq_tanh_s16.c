#include "tq_tanh_s16.h"

enum {
    STEP_BITS = 8,   /* of an input between two values of the table */
    LAST_STEP = 255, /* from there on the result is that of the table's end */
    HALF = 1 << 23,  /* as interpolated: 16 fractional bits of the table, 8 of a step */
};

/* 1 / (1 + exp(-2 x)) for x >= 0, 24 fractional bits. */
static int32_t positive_logistic(const uint16_t *table, int32_t x)
{
    const int32_t step = x >> STEP_BITS;

    if (step >= LAST_STEP) {
        return UINT16_MAX << STEP_BITS;
    }
    return (table[step] << STEP_BITS) + (x & ((1 << STEP_BITS) - 1)) * (table[step + 1] - table[step]);
}

void tq_tanh_s16(const tq_tanh_s16_params *p, const int16_t *input, int16_t *output)
{
    const int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;

    for (int32_t i = 0; i < p->count; ++i) {
        const int32_t x = (input[i] * p->multiplier + half) >> p->shift;

        /* 15 fractional bits stay; ties go up, those of negative inputs down */
        if (x >= 0) {
            output[i] = (int16_t)((positive_logistic(p->table, x) - HALF + 128) >> 8);
        } else {
            output[i] = (int16_t)((HALF - positive_logistic(p->table, -x) + 127) >> 8);
        }
    }
}
