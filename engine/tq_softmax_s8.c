#include "tq_softmax_s8.h"

#include "tq_fixed_point.h"
#include "tq_reciprocal.h"

enum { SUM_INTEGER_BITS = 12 }; /* of the sum of exponentials */

/* 1 / sum, as factor * 2^-exponent with factor in (1/2, 1] in 31 fractional bits. */
typedef struct {
    int32_t factor;
    int32_t exponent;
} reciprocal;

static reciprocal reciprocal_of(uint32_t sum)
{
    reciprocal result = {0, SUM_INTEGER_BITS};

    while ((sum & UINT32_C(0x80000000)) == 0) {
        sum <<= 1;
        --result.exponent;
    }
    result.factor = tq_one_over_one_plus((int32_t)(sum & INT32_MAX));
    return result;
}

static int32_t largest_of(const int8_t *row, int32_t depth)
{
    int32_t largest = row[0];

    for (int32_t i = 1; i < depth; ++i) {
        largest = row[i] > largest ? row[i] : largest;
    }
    return largest;
}

static uint32_t sum_of_exponentials(const tq_softmax_s8_params *p, const int8_t *row, int32_t largest)
{
    uint32_t sum = 0;

    for (int32_t i = 0; i < p->depth; ++i) {
        const int32_t difference = largest - row[i];

        if (difference < p->exponentials) {
            sum += (uint32_t)tq_divide_by_power_of_two(p->exponential[difference], SUM_INTEGER_BITS);
        }
    }
    return sum;
}

/* One probability with `bits` fractional bits. */
static int32_t probability(const tq_softmax_s8_params *p, reciprocal scale, int32_t difference, int32_t bits)
{
    const int32_t exponent = scale.exponent + 31 - bits;

    if (difference >= p->exponentials || exponent > 31) {
        return 0;
    }
    return tq_divide_by_power_of_two(tq_multiply_high(scale.factor, p->exponential[difference]), exponent);
}

void tq_softmax_s8(const tq_softmax_s8_params *p, const int8_t *input, int8_t *output)
{
    for (int32_t row = 0; row < p->rows; ++row) {
        const int32_t largest = largest_of(input, p->depth);
        const reciprocal scale = reciprocal_of(sum_of_exponentials(p, input, largest));

        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t value = probability(p, scale, largest - input[i], 8) + INT8_MIN;

            output[i] = (int8_t)tq_clamp(value, INT8_MIN, INT8_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}

void tq_softmax_s8_s16(const tq_softmax_s8_params *p, const int8_t *input, int16_t *output)
{
    for (int32_t row = 0; row < p->rows; ++row) {
        const int32_t largest = largest_of(input, p->depth);
        const reciprocal scale = reciprocal_of(sum_of_exponentials(p, input, largest));

        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t value = probability(p, scale, largest - input[i], 16) + INT16_MIN;

            output[i] = (int16_t)tq_clamp(value, INT16_MIN, INT16_MAX);
        }
        input += p->depth;
        output += p->depth;
    }
}
