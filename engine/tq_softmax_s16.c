#include "tq_softmax_s16.h"

#include "tq_fixed_point.h"
#include "tq_interpolate_s16.h"

/* A sum is mantissa * 2^(exponent - 30), with the mantissa's highest bit at 30. */
typedef struct {
    uint32_t mantissa;
    int32_t exponent;
} normalized;

static normalized normalize(int32_t sum)
{
    normalized result = {(uint32_t)sum, 30};

    while ((result.mantissa & UINT32_C(0x40000000)) == 0) {
        result.mantissa <<= 1;
        --result.exponent;
    }
    return result;
}

/* 1 / (mantissa / 2^30), 15 fractional bits. */
static int32_t reciprocal_of(const tq_softmax_s16_params *p, uint32_t mantissa)
{
    const int32_t in_16_bits = (int32_t)((mantissa + (UINT32_C(1) << 13)) >> 14); /* of [65536, 131072] */

    return tq_interpolate_s16(p->reciprocal, tq_clamp(in_16_bits - 65536 - 32768, INT16_MIN, INT16_MAX));
}

static int32_t largest_of(const int16_t *row, int32_t depth)
{
    int32_t largest = row[0];

    for (int32_t i = 1; i < depth; ++i) {
        largest = row[i] > largest ? row[i] : largest;
    }
    return largest;
}

/* exp() of a difference to the largest input, 15 fractional bits. */
static int32_t exponential_of(const tq_softmax_s16_params *p, int32_t difference)
{
    const int32_t scaled = tq_scale(difference, p->multiplier, p->shift);

    return tq_interpolate_s16(p->exponential, tq_clamp(tq_add(scaled, INT16_MAX), INT16_MIN, INT16_MAX));
}

void tq_softmax_s16(const tq_softmax_s16_params *p, const int16_t *input, int16_t *output)
{
    for (int32_t row = 0; row < p->rows; ++row) {
        const int32_t largest = largest_of(input, p->depth);
        int32_t sum = 0;

        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t exponential = exponential_of(p, input[i] - largest);

            output[i] = (int16_t)exponential;
            sum += exponential;
        }

        const normalized total = normalize(sum);
        const int32_t reciprocal = reciprocal_of(p, total.mantissa);
        const int32_t half = 1 << (total.exponent - 1);

        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t value = (output[i] * reciprocal + half) >> total.exponent;

            output[i] = (int16_t)tq_clamp(value, 0, INT16_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}
