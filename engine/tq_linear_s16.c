#include "tq_linear_s16.h"

enum { BLOCK = 256 }; /* products of an int16 and an int8, 2^22 at most, that are added up in 32 bits */

/* Adds the dot products of at most BLOCK inputs with the rows of four channels. */
static void add_four_sums(const int16_t *input, const int8_t *rows, int32_t depth, int32_t count, int64_t sums[4])
{
    const int8_t *w0 = rows;
    const int8_t *w1 = w0 + depth;
    const int8_t *w2 = w1 + depth;
    const int8_t *w3 = w2 + depth;
    int32_t sum0 = 0;
    int32_t sum1 = 0;
    int32_t sum2 = 0;
    int32_t sum3 = 0;

    for (int32_t k = 0; k < count; ++k) {
        const int32_t x = input[k];

        sum0 += x * w0[k];
        sum1 += x * w1[k];
        sum2 += x * w2[k];
        sum3 += x * w3[k];
    }
    sums[0] += sum0;
    sums[1] += sum1;
    sums[2] += sum2;
    sums[3] += sum3;
}

static int32_t sum_of(const int16_t *input, const int8_t *row, int32_t count)
{
    int32_t sum = 0;

    for (int32_t k = 0; k < count; ++k) {
        sum += input[k] * row[k];
    }
    return sum;
}

static int32_t block_from(int32_t k, int32_t depth)
{
    return depth - k < BLOCK ? depth - k : BLOCK;
}

void tq_linear_s16(const tq_linear_s16_params *p, const int16_t *input, int32_t first, int32_t count, int64_t extra,
                   int16_t *output)
{
    const int32_t depth = p->depth;
    const int32_t end = first + count;
    const int8_t *row = p->weights + first * depth;
    int32_t channel = first;

    for (; channel + 4 <= end; channel += 4) {
        int64_t sums[4] = {extra, extra, extra, extra};

        for (int32_t k = 0; k < depth; k += BLOCK) {
            add_four_sums(input + k, row + k, depth, block_from(k, depth), sums);
        }
        for (int32_t i = 0; i < 4; ++i) {
            output[channel + i] = tq_sum_to_s16(&p->output, sums[i], channel + i);
        }
        row += 4 * depth;
    }
    for (; channel < end; ++channel) {
        int64_t sum = extra;

        for (int32_t k = 0; k < depth; k += BLOCK) {
            sum += sum_of(input + k, row + k, block_from(k, depth));
        }
        output[channel] = tq_sum_to_s16(&p->output, sum, channel);
        row += depth;
    }
}
