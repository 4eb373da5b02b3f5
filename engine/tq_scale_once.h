/* Sums to codes with one multiplication and one rounding: (sum * 2^8 + addend) * multiplier / 2^42, rounded down and
 * limited to 8 bits.
 *
 * TensorFlow Lite Micro rounds twice. An output that begins at its zero point of -128, as after a ReLU, is nevertheless a
 * staircase of at most 255 steps over the sum; whoever generates code finds an addend and a multiplier with which every
 * step lies where it has to, or does not use this (tinyq/codegen/scale_once.py).
 */
#ifndef TQ_SCALE_ONCE_H
#define TQ_SCALE_ONCE_H

#include <stdint.h>

#include "tq_fixed_point.h"

enum { TQ_SCALE_ONCE_LEFT = 8, TQ_SCALE_ONCE_RIGHT = 10 };

/* The upper half of a * b, b >= 0. */
static inline int32_t tq_upper_product(int32_t a, int32_t b)
{
#if defined(__thumb__) && !defined(__thumb2__)
    /* four products of halves, as there is none of 64 bits */
    const uint32_t low = (uint32_t)a & 0xffff;
    const uint32_t b_low = (uint32_t)b & 0xffff;
    const int32_t high = a >> 16;
    const int32_t b_high = b >> 16;
    const uint32_t lower = low * (uint32_t)b_high + (low * b_low >> 16);
    const int32_t upper = high * (int32_t)b_low;

    return high * b_high + (upper >> 16) + (int32_t)((((uint32_t)upper & 0xffff) + lower) >> 16);
#else
    return (int32_t)((int64_t)a * b >> 32);
#endif
}

static inline int8_t tq_scale_once(int32_t sum, int32_t addend, int32_t multiplier)
{
    const uint32_t shifted = ((uint32_t)sum << TQ_SCALE_ONCE_LEFT) + (uint32_t)addend;

    return (int8_t)tq_clamp(tq_upper_product((int32_t)shifted, multiplier) >> TQ_SCALE_ONCE_RIGHT, -128, 127);
}

#endif
