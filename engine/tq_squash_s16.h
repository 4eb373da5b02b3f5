/* The logistic function and the hyperbolic tangent of 16-bit fixed point, by one table, linear between its values. */
#ifndef TQ_SQUASH_S16_H
#define TQ_SQUASH_S16_H

#include <stdint.h>

enum {
    TQ_SQUASH_TABLE_SIZE = 256, /* the logistic function of multiples of 1/24, 16 fractional bits */
    TQ_SQUASH_LAST_STEP = 255,  /* from there on the result is that of the table's end */
};

/* 1 / (1 + exp(-x / 12288)) for x >= 0, 25 fractional bits. */
static inline int32_t tq_positive_logistic(const uint16_t *table, int32_t x)
{
    const int32_t step = x >> 9;

    if (step >= TQ_SQUASH_LAST_STEP) {
        return INT16_MAX << 10;
    }
    return (table[step] << 9) + (x & 511) * (table[step + 1] - table[step]);
}

/* 1 / (1 + exp(-x / 12288)), 15 fractional bits; ties go up, those of negative x down. */
static inline int16_t tq_logistic_of(const uint16_t *table, int32_t x)
{
    const int32_t one = 1 << 25;

    if (x >= 0) {
        return (int16_t)((tq_positive_logistic(table, x) + 512) >> 10);
    }
    return (int16_t)((one - tq_positive_logistic(table, -x) + 511) >> 10);
}

/* 1 / (1 + exp(-2 x / 12288)) for x >= 0, 24 fractional bits. */
static inline int32_t tq_positive_steep_logistic(const uint16_t *table, int32_t x)
{
    const int32_t step = x >> 8;

    if (step >= TQ_SQUASH_LAST_STEP) {
        return UINT16_MAX << 8;
    }
    return (table[step] << 8) + (x & 255) * (table[step + 1] - table[step]);
}

/* tanh(x / 12288), 15 fractional bits; ties go up, those of negative x down. */
static inline int16_t tq_tanh_of(const uint16_t *table, int32_t x)
{
    const int32_t half = 1 << 23;

    if (x >= 0) {
        return (int16_t)((tq_positive_steep_logistic(table, x) - half + 128) >> 8);
    }
    return (int16_t)((half - tq_positive_steep_logistic(table, -x) + 127) >> 8);
}

#endif
