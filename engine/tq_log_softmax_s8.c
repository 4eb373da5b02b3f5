#include "tq_log_softmax_s8.h"

#include "tq_fixed_point.h"
#include "tq_reciprocal.h"

enum {
    SUM_INTEGER_BITS = 12, /* of the sum of exponentials */
    LOG_INTEGER_BITS = 5,  /* of its logarithm */
    OUTPUT_SHIFT = 22,     /* from 26 fractional bits to 4 */
};

/* A number as a power of two times a rest near sqrt(sqrt(1/2)). */
typedef struct {
    int32_t power; /* exponent of the power of two, 25 fractional bits */
    int32_t rest;  /* 31 fractional bits */
} parts;

/* x * 2^exponent, saturated; to the right it is rounded. */
static int32_t scaled_by_power(int32_t x, int32_t exponent)
{
    return exponent >= 0 ? tq_shift_left(x, exponent) : tq_divide_by_power_of_two(x, -exponent);
}

/* The exponent behind some leading zeros, moved by a quarter. */
static int32_t power_of(int32_t headroom, int32_t quarter)
{
    return tq_shift_left(SUM_INTEGER_BITS - headroom, 31 - (LOG_INTEGER_BITS + 1)) + quarter;
}

/* Of two ways to split x, one with a rest that is multiplied with sqrt(1/2) and one without, the smaller rest. */
static parts split(int32_t x)
{
    const int32_t sqrt_half = 1518500250;
    const int32_t quarter = 1 << 23; /* with 25 fractional bits */
    const int32_t zeros = tq_leading_zeros(x);
    const int32_t below = tq_multiply_high(x, sqrt_half);
    const int32_t below_zeros = tq_leading_zeros(below);
    const int32_t rest_above = tq_shift_left(tq_multiply_high(tq_shift_left(x, zeros - 1), sqrt_half), 1);
    const int32_t rest_below = tq_shift_left(x, below_zeros - 1);
    const int32_t power_above = power_of(zeros, quarter);
    const int32_t power_below = power_of(below_zeros - 1, -quarter);
    const parts found = {
        power_above > power_below ? power_above : power_below,
        rest_above < rest_below ? rest_above : rest_below,
    };

    return found;
}

/* log(x) for x >= 1 with 19 fractional bits; 26 fractional bits in the result. */
static int32_t logarithm(int32_t x)
{
    const int32_t log_2 = 1488522236;
    const int32_t sqrt_sqrt_half = 1805811301;
    const int32_t alpha_n = 117049297;  /* 11/240 * sqrt(sqrt(2)) */
    const int32_t alpha_d = 127690142;  /* 1/20 * sqrt(sqrt(2)) */
    const int32_t alpha_i = 1057819769; /* 2 / sqrt(sqrt(2)) - sqrt(sqrt(2)) */
    const int32_t alpha_f = 638450708;  /* 1/4 * sqrt(sqrt(2)) */
    const parts z = split(x);
    const int32_t p = (int32_t)(((int64_t)z.rest + sqrt_sqrt_half + 1) / 2);
    const int32_t q = 2 * (z.rest - sqrt_sqrt_half);
    const int32_t square = tq_multiply_high(q, q);
    const int32_t numerator =
        tq_multiply_high(q, z.rest) + tq_multiply_high(tq_multiply_high(q, square), alpha_n);
    const int32_t denominator_minus_one =
        tq_multiply_high(p, alpha_i + q + tq_multiply_high(alpha_d, square)) + tq_multiply_high(alpha_f, q);
    const int32_t quotient = tq_multiply_high(scaled_by_power(numerator, -(LOG_INTEGER_BITS + 1)),
                                              tq_one_over_one_plus(denominator_minus_one));

    return tq_shift_left(tq_multiply_high(z.power, log_2) + quotient, 1);
}

static int32_t largest_of(const int8_t *row, int32_t depth)
{
    int32_t largest = row[0];

    for (int32_t i = 1; i < depth; ++i) {
        largest = row[i] > largest ? row[i] : largest;
    }
    return largest;
}

static int32_t sum_of_exponentials(const tq_log_softmax_s8_params *p, const int8_t *row, int32_t largest)
{
    int32_t sum = 0;

    for (int32_t i = 0; i < p->depth; ++i) {
        const int32_t difference = largest - row[i];

        sum += difference < p->differences ? p->exponential[difference] : 0;
    }
    return sum;
}

void tq_log_softmax_s8(const tq_log_softmax_s8_params *p, const int8_t *input, int8_t *output)
{
    for (int32_t row = 0; row < p->rows; ++row) {
        const int32_t largest = largest_of(input, p->depth);
        const int32_t log_sum = logarithm(sum_of_exponentials(p, input, largest));
        /* from there on the output is the smallest code */
        const int32_t limit = -tq_scale(log_sum + INT32_MIN, p->multiplier, p->shift);

        for (int32_t i = 0; i < p->depth; ++i) {
            const int32_t difference = largest - input[i];

            if (difference < p->differences && difference < limit) {
                const int32_t value =
                    tq_divide_by_power_of_two(p->difference[difference] - log_sum, OUTPUT_SHIFT) + INT8_MAX;

                output[i] = (int8_t)tq_clamp(value, INT8_MIN, INT8_MAX);
            } else {
                output[i] = INT8_MIN;
            }
        }
        input += p->depth;
        output += p->depth;
    }
}
