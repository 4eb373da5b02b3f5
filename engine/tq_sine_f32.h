/* Sines of float32 without a library, the same bits on every core: off by at most one unit in the last place. */
#ifndef TQ_SINE_F32_H
#define TQ_SINE_F32_H

#include <stdint.h>

#include "tq_math_f32.h"

/* An angle as quarters of a turn, and the rest in radians, |rest| <= pi / 4. */
typedef struct {
    uint32_t quarters;
    double rest;
} tq_angle;

/* 32 bits of 2 / pi from a bit on; bit 32 is the first behind the binary point. */
static inline uint64_t tq_two_by_pi(uint32_t from)
{
    static const uint32_t words[] = {
        UINT32_C(0x00000000), UINT32_C(0xa2f9836e), UINT32_C(0x4e441529), UINT32_C(0xfc2757d1), UINT32_C(0xf534ddc0),
        UINT32_C(0xdb629599), UINT32_C(0x3c439041), UINT32_C(0xfe5163ab), UINT32_C(0xdebbc561), UINT32_C(0xb7246e3a),
    };
    const uint64_t both = (uint64_t)words[from / 32] << 32 | words[from / 32 + 1];

    return both << (from % 32) >> 32;
}

/* Of a finite number. Payne and Hanek's reduction: of the product with 2 / pi only the bits that matter are computed,
 * 2 of the integer part and 62 of the fraction.
 */
static inline tq_angle tq_angle_of(float x)
{
    const uint32_t bits = tq_bits_of(x) & UINT32_C(0x7fffffff);
    const uint32_t exponent = bits >> 23;
    tq_angle angle = {0, (double)x};

    if (bits <= UINT32_C(0x3f490fda)) { /* up to pi / 4 */
        return angle;
    }
    const uint64_t mantissa = (bits & UINT32_C(0x007fffff)) | UINT32_C(0x00800000);
    const uint32_t first = exponent - 150 + 30; /* of the bits that are worth 2 and less beside the mantissa */
    const uint64_t high = tq_two_by_pi(first) << 32 | tq_two_by_pi(first + 32);
    const uint64_t product = mantissa * high + (mantissa * tq_two_by_pi(first + 64) >> 32);
    const uint64_t nearest = (product + (UINT64_C(1) << 61)) >> 62;
    const int64_t rest = (int64_t)(product - (nearest << 62));
    const double radians = (double)rest * 3.40612158008655459e-19; /* pi / 2 / 2^62 */
    const int negative = x < 0.0f;

    angle.quarters = (uint32_t)(negative ? 4 - nearest : nearest) & 3;
    angle.rest = negative ? -radians : radians;
    return angle;
}

/* Sine of an angle, or of a quarter of a turn more. */
static inline float tq_sine_of(tq_angle angle)
{
    const double square = angle.rest * angle.rest;
    const int odd = (angle.quarters & 1) != 0;
    double sum = 1.0;

    for (int32_t i = 16; i > 0; i -= 2) { /* the series of the sine by its argument, or of the cosine */
        const double divisor = odd ? (double)(i * (i - 1)) : (double)(i * (i + 1));

        sum = 1.0 - sum * square / divisor;
    }
    if (!odd) {
        sum *= angle.rest;
    }
    return (float)((angle.quarters & 2) != 0 ? -sum : sum);
}

static inline float tq_sin_f32(float x)
{
    return x - x == 0.0f ? tq_sine_of(tq_angle_of(x)) : x - x; /* of what is not finite: not a number */
}

static inline float tq_cos_f32(float x)
{
    if (x - x != 0.0f) {
        return x - x;
    }
    tq_angle angle = tq_angle_of(x);

    ++angle.quarters;
    return tq_sine_of(angle);
}

#endif
