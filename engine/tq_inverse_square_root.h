/* 1 / sqrt(x) in fixed point, as TensorFlow Lite Micro computes it. */
#ifndef TQ_INVERSE_SQUARE_ROOT_H
#define TQ_INVERSE_SQUARE_ROOT_H

#include <stdint.h>

#include "tq_fixed_point.h"
#include "tq_reciprocal.h"

/* In the form of tq_scale. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} tq_root;

/* 1 / sqrt(x) of an integer x >= 0, that of 0 as that of 1; five Newton-Raphson steps with 28 fractional bits. */
static inline tq_root tq_inverse_square_root(int32_t x)
{
    const int32_t half_three = (1 << 28) + (1 << 27);
    tq_root root = {INT32_MAX, 0};
    int32_t shift = 11;
    int32_t y = 1 << 28;

    if (x <= 1) {
        return root;
    }
    while (x >= (1 << 29)) {
        x /= 4;
        ++shift;
    }
    const int32_t pairs = (tq_leading_zeros(x) - 1) / 2 - 1;

    shift -= pairs;
    x = (x << (2 * pairs)) >> 1;
    for (int32_t step = 0; step < 5; ++step) {
        const int32_t cube = tq_shift_left(tq_multiply_high(tq_multiply_high(y, y), y), 6);
        const int32_t half_x = tq_divide_by_power_of_two(x, 1);

        y = tq_shift_left(tq_multiply_high(half_three, y) - tq_multiply_high(half_x, cube), 3);
    }
    root.multiplier = tq_multiply_high(y, 1518500250); /* sqrt(1/2) */
    if (shift < 0) {
        root.multiplier *= 1 << -shift;
    } else {
        root.shift = -shift;
    }
    return root;
}

#endif
