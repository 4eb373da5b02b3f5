#include "tq_linear_s8w4.h"

#include "tq_int4.h"

static int32_t sum_of(const int8_t *input, const uint8_t *row, int32_t depth, int32_t sum)
{
    for (int32_t k = 0; k < depth; ++k) {
        sum += input[k] * tq_int4_at(row, k);
    }
    return sum;
}

/* Adds the dot products of an even number of inputs with the rows of four channels. */
static void add_four_sums(const int8_t *input, const uint8_t *rows, int32_t row_bytes, int32_t pairs, int32_t sums[4])
{
    const uint8_t *w0 = rows;
    const uint8_t *w1 = w0 + row_bytes;
    const uint8_t *w2 = w1 + row_bytes;
    const uint8_t *w3 = w2 + row_bytes;
    int32_t sum0 = sums[0];
    int32_t sum1 = sums[1];
    int32_t sum2 = sums[2];
    int32_t sum3 = sums[3];

    for (const uint8_t *const end = w0 + pairs; w0 != end; ++w0) {
        const int32_t x0 = *input++;
        const int32_t x1 = *input++;
        const uint8_t pair1 = *w1++;
        const uint8_t pair2 = *w2++;
        const uint8_t pair3 = *w3++;

        sum0 += x0 * tq_int4_low(*w0);
        sum0 += x1 * tq_int4_high(*w0);
        sum1 += x0 * tq_int4_low(pair1);
        sum1 += x1 * tq_int4_high(pair1);
        sum2 += x0 * tq_int4_low(pair2);
        sum2 += x1 * tq_int4_high(pair2);
        sum3 += x0 * tq_int4_low(pair3);
        sum3 += x1 * tq_int4_high(pair3);
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

void tq_linear_s8w4(const tq_linear_s8w4_params *p, const int8_t *input, int32_t first, int32_t count, int32_t extra,
                    int8_t *output)
{
    const int32_t depth = p->depth;
    const int32_t row_bytes = tq_int4_bytes(depth);
    const int32_t end = first + count;
    const uint8_t *row = p->weights + first * row_bytes;
    int32_t channel = first;

    for (; channel + 4 <= end; channel += 4) {
        int32_t sums[4] = {extra, extra, extra, extra};

        add_four_sums(input, row, row_bytes, depth / 2, sums);
        for (int32_t i = 0; i < 4; ++i) {
            const int32_t last = depth % 2 != 0 ? input[depth - 1] * tq_int4_low(row[depth / 2]) : 0;

            output[channel + i] = tq_sum_to_s8(&p->output, sums[i] + last, channel + i);
            row += row_bytes;
        }
    }
    for (; channel < end; ++channel) {
        output[channel] = tq_sum_to_s8(&p->output, sum_of(input, row, depth, extra), channel);
        row += row_bytes;
    }
}
