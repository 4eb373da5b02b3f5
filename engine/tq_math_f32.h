/* Elementary functions of float32 without a library, the same bits on every core.
 *
 * Exponentials and logarithms are computed in double precision and rounded once, so that they are off by at most one
 * unit in the last place; square roots are rounded correctly.
 */
#ifndef TQ_MATH_F32_H
#define TQ_MATH_F32_H

#include <stdint.h>
#include <string.h>

static inline float tq_float_of(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t tq_bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* 2^n for n in [-1022, 1023]. */
static inline double tq_power_of_two(int32_t n)
{
    const uint64_t bits = (uint64_t)(n + 1023) << 52;
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* exp(x), x in [-700, 700]: a power of two times a polynomial for the rest, |rest| <= log(2) / 2. */
static inline double tq_exp_double(double x)
{
    const double log_2 = 0.69314718055994530942;
    const int32_t n = (int32_t)(x / log_2 + (x < 0 ? -0.5 : 0.5));
    const double r = x - n * log_2;
    double sum = 1.0;

    for (int32_t i = 11; i > 0; --i) {
        sum = 1.0 + sum * r / i;
    }
    return sum * tq_power_of_two(n);
}

static inline float tq_exp_f32(float x)
{
    if (x != x) { /* not a number */
        return x;
    }
    if (x > 89.0f) {
        return tq_float_of(UINT32_C(0x7f800000)); /* infinity */
    }
    return x < -104.0f ? 0.0f : (float)tq_exp_double((double)x);
}

/* exp(x) - 1 */
static inline float tq_expm1_f32(float x)
{
    if (x > -0.3f && x < 0.3f) {
        double sum = 1.0;

        for (int32_t i = 11; i > 1; --i) {
            sum = 1.0 + sum * (double)x / i;
        }
        return (float)(sum * (double)x);
    }
    return x > 89.0f || x < -104.0f ? tq_exp_f32(x) - 1.0f : (float)(tq_exp_double((double)x) - 1.0);
}

static inline float tq_tanh_f32(float x)
{
    const double square = (double)x * (double)x;

    if (x > -0.1f && x < 0.1f) {
        return (float)((double)x *
                       (1.0 - square * (1.0 / 3 - square * (2.0 / 15 - square * (17.0 / 315 - square * 62.0 / 2835)))));
    }
    if (x > 10.0f || x < -10.0f) {
        return x > 0 ? 1.0f : -1.0f;
    }
    const double y = tq_exp_double(2.0 * (double)x);

    return x != x ? x : (float)((y - 1.0) / (y + 1.0));
}

static inline float tq_floor_f32(float x)
{
    if (!(x > -8388608.0f && x < 8388608.0f)) { /* no fraction, or not a number */
        return x;
    }
    const float whole = (float)(int32_t)x;

    return whole > x ? whole - 1.0f : whole;
}

static inline float tq_ceil_f32(float x)
{
    return -tq_floor_f32(-x);
}

/* To nearest, ties to even. */
static inline float tq_round_f32(float x)
{
    const float floor = tq_floor_f32(x);
    const float rest = x - floor;
    const int up = rest > 0.5f || (rest == 0.5f && floor * 0.5f != tq_floor_f32(floor * 0.5f));

    return up ? floor + 1.0f : floor;
}

/* As TensorFlow Lite Micro approximates it. */
static inline float tq_logistic_f32(float x)
{
    if (x > 16.619047164916992188f) {
        return 1.0f;
    }
    return x < -9.0f ? tq_exp_f32(x) : 1.0f / (1.0f + tq_exp_f32(-x));
}

/* log(x): the exponent, and the series of 2 artanh((m - 1) / (m + 1)) for the mantissa m in [sqrt(1/2), sqrt(2)). */
static inline float tq_log_f32(float x)
{
    uint32_t bits = tq_bits_of(x);
    int32_t exponent = -127;

    if (x != x || bits == UINT32_C(0x7f800000)) {
        return x;
    }
    if (x <= 0.0f) {
        return x < 0.0f ? tq_float_of(UINT32_C(0xffc00000)) : tq_float_of(UINT32_C(0xff800000));
    }
    if (bits < UINT32_C(0x00800000)) { /* subnormal */
        bits = tq_bits_of(x * 8388608.0f);
        exponent -= 23;
    }
    exponent += (int32_t)(bits >> 23);
    double m = (double)tq_float_of((bits & UINT32_C(0x007fffff)) | UINT32_C(0x3f800000));

    if (m > 1.41421356237309504880) {
        m /= 2;
        ++exponent;
    }
    const double s = (m - 1) / (m + 1);
    double series = 0;

    for (int32_t i = 15; i > 0; i -= 2) {
        series = series * s * s + 2.0 / i;
    }
    return (float)(series * s + exponent * 0.69314718055994530942);
}

/* Bit by bit, rounded to nearest. */
static inline float tq_sqrt_f32(float x)
{
    uint32_t bits = tq_bits_of(x);
    int32_t exponent = 0;

    if (x != x || bits == UINT32_C(0x7f800000) || x <= 0.0f) {
        return x < 0.0f ? tq_float_of(UINT32_C(0xffc00000)) : x;
    }
    if (bits < UINT32_C(0x00800000)) { /* subnormal */
        bits = tq_bits_of(x * 16777216.0f);
        exponent = -24;
    }
    exponent += (int32_t)(bits >> 23) - 127;
    uint64_t rest = (bits & UINT32_C(0x007fffff)) | UINT32_C(0x00800000);

    rest <<= (exponent & 1) != 0 ? 26 : 25; /* so that the root has 25 bits, one more than needed */
    exponent = (exponent - (exponent & 1)) / 2;
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 50; bit != 0; bit >>= 2) {
        if (rest >= root + bit) {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    root = (root + 1) >> 1; /* no root lies in the middle between two floats */
    return tq_float_of(((uint32_t)(exponent + 127 - 1) << 23) + (uint32_t)root);
}

#endif
