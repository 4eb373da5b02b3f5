/* Reciprocals in fixed point, as TensorFlow Lite Micro computes them. */
#ifndef TQ_RECIPROCAL_H
#define TQ_RECIPROCAL_H

#include <stdint.h>

#include "tq_fixed_point.h"

/* x * 2^exponent, saturated. */
static inline int32_t tq_shift_left(int32_t x, int32_t exponent)
{
    const int32_t limit = INT32_MAX >> exponent;

    if (x > limit) {
        return INT32_MAX;
    }
    return x < -limit ? INT32_MIN : x * (1 << exponent);
}

/* How many of the highest bits of x > 0 are 0. */
static inline int32_t tq_leading_zeros(int32_t x)
{
    int32_t count = 1;

    while (x < (1 << 30)) {
        x *= 2;
        ++count;
    }
    return count;
}

/* 1 / (1 + x) for x in [0, 1) with 31 fractional bits, by three Newton-Raphson steps with 29. */
static inline int32_t tq_one_over_one_plus(int32_t x)
{
    const int32_t one = 1 << 29;
    const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int32_t y = 1515870810 + tq_multiply_high(half_denominator, -1010580540); /* 48/17 - 32/17 * half_denominator */

    for (int32_t step = 0; step < 3; ++step) {
        const int32_t error = one - tq_multiply_high(half_denominator, y);

        y += tq_shift_left(tq_multiply_high(y, error), 2);
    }
    return tq_shift_left(y, 1);
}

#endif
