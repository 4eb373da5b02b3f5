/* The integer arithmetic that all kernels share: requantization as TensorFlow Lite Micro defines it, with two roundings.
 *
 * A real factor is given as multiplier * 2^(shift - 31), multiplier in [2^30, 2^31) or 0, shift in [-31, 30].
 */
#ifndef TQ_FIXED_POINT_H
#define TQ_FIXED_POINT_H

#include <stdint.h>

/* a + b modulo 2^32. */
static inline int32_t tq_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* a * b / 2^31, rounded to nearest, ties up. Not for a = b = INT32_MIN. */
static inline int32_t tq_multiply_high(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* x / 2^exponent, rounded to nearest, ties away from zero; exponent in [0, 31].
 * Not for x = INT32_MIN, nor for x = INT32_MAX and exponent = 1; a product by tq_multiply_high is neither.
 */
static inline int32_t tq_divide_by_power_of_two(int32_t x, int32_t exponent)
{
    if (exponent == 0) {
        return x;
    }
    x += x >> 31; /* ties of negative numbers go down */
    return ((x >> (exponent - 1)) + 1) >> 1;
}

/* x times a real factor; a left shift works modulo 2^32. */
static inline int32_t tq_scale(int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    const int32_t shifted = (int32_t)((uint32_t)x << left);

    return tq_divide_by_power_of_two(tq_multiply_high(shifted, multiplier), right);
}

/* x times a real factor multiplier * 2^(shift - 15), multiplier in [0, 2^15), shift in [-31, 7]: how TensorFlow Lite
 * Micro scales 64-bit sums. Rounded once, to nearest, ties up; modulo 2^32. For |x| < 2^47.
 */
static inline int32_t tq_scale_64(int64_t x, int32_t multiplier, int32_t shift)
{
    const int32_t right = 15 - shift;

    return (int32_t)((x * multiplier + (INT64_C(1) << (right - 1))) >> right);
}

/* x limited to [low, high]. */
static inline int32_t tq_clamp(int32_t x, int32_t low, int32_t high)
{
    if (x < low) {
        x = low;
    }
    return x > high ? high : x;
}

#endif
