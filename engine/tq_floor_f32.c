#include "tq_floor_f32.h"

#include "tq_math_f32.h"

/* The quotient is rounded to double precision before, and to single precision after its fraction is taken away. */
static float floor_div(float a, float b)
{
    const double quotient = (double)a / (double)b;

    if (!(quotient > -4503599627370496.0 && quotient < 4503599627370496.0)) { /* no fraction, or not a number */
        return (float)quotient;
    }
    const double whole = (double)(int64_t)quotient;

    return (float)(whole > quotient ? whole - 1.0 : whole);
}

/* A positive finite number as mantissa * 2^exponent. */
static uint32_t mantissa_of(float x, int32_t *exponent)
{
    const uint32_t bits = tq_bits_of(x);

    *exponent = bits >> 23 != 0 ? (int32_t)(bits >> 23) - 150 : -149;
    return bits >> 23 != 0 ? (bits & UINT32_C(0x007fffff)) | UINT32_C(0x00800000) : bits;
}

/* What is left of a, both positive and finite: bit by bit, so that it is exact. */
static float remainder_of(float a, float b)
{
    int32_t exponent, least;
    uint32_t rest = mantissa_of(a, &exponent);
    const uint32_t divisor = mantissa_of(b, &least);

    if (a < b) {
        return a;
    }
    rest %= divisor;
    for (; exponent > least; --exponent) {
        rest = (rest << 1) % divisor;
    }
    float result = (float)rest;

    for (; exponent > 0; --exponent) {
        result *= 2.0f;
    }
    for (; exponent < 0; ++exponent) {
        result *= 0.5f;
    }
    return result;
}

static float floor_mod(float a, float b)
{
    const float size = b < 0.0f ? -b : b;

    if (a - a != 0.0f || b != b || b == 0.0f) {
        return (a - a) / (b - b); /* not a number */
    }
    float rest = a;

    if (b - b == 0.0f) {
        rest = a < 0.0f ? -remainder_of(-a, size) : remainder_of(a, size);
    }
    return rest != 0.0f && (b < 0.0f) != (rest < 0.0f) ? rest + b : rest;
}

void tq_floor_div_f32(const tq_broadcast *how, const float *input_0, const float *input_1, float *output)
{
    TQ_BROADCAST(how, float, input_0, input_1, float, output, floor_div(a, b));
}

void tq_floor_mod_f32(const tq_broadcast *how, const float *input_0, const float *input_1, float *output)
{
    TQ_BROADCAST(how, float, input_0, input_1, float, output, floor_mod(a, b));
}
