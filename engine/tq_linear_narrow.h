/* Dot products with weights of 2 or 3 bits: what the kernels of either width are made of. */
#ifndef TQ_LINEAR_NARROW_H
#define TQ_LINEAR_NARROW_H

#include <stdint.h>

#include "tq_narrow.h"
#include "tq_output_s8.h"

/* The same weight of four channels times one input. */
static inline void tq_narrow_products(int32_t x, const uint32_t words[4], int32_t index, int32_t bits, int32_t sums[4])
{
    sums[0] += x * tq_narrow_in(words[0], index, bits);
    sums[1] += x * tq_narrow_in(words[1], index, bits);
    sums[2] += x * tq_narrow_in(words[2], index, bits);
    sums[3] += x * tq_narrow_in(words[3], index, bits);
}

/* The sum of one channel from an input on whose index is a multiple of eight. */
static inline int32_t tq_narrow_sum(const int8_t *input, const uint8_t *row, int32_t first, int32_t depth, int32_t bits)
{
    int32_t sum = 0;

    for (int32_t k = first; k < depth; ++k) {
        sum += input[k] * tq_narrow_at(row, k, bits);
    }
    return sum;
}

/* Adds the sums of four channels over `eights` times eight inputs. */
static inline void tq_narrow_four_sums(const int8_t *input, const uint8_t *rows, int32_t row_bytes, int32_t eights,
                                       int32_t bits, int32_t sums[4])
{
    int32_t found[4] = {sums[0], sums[1], sums[2], sums[3]};

    for (const int8_t *const end = input + 8 * eights; input != end; input += 8) {
        const uint32_t words[4] = {
            tq_narrow_eight(rows, bits),
            tq_narrow_eight(rows + row_bytes, bits),
            tq_narrow_eight(rows + 2 * row_bytes, bits),
            tq_narrow_eight(rows + 3 * row_bytes, bits),
        };

        tq_narrow_products(input[0], words, 0, bits, found);
        tq_narrow_products(input[1], words, 1, bits, found);
        tq_narrow_products(input[2], words, 2, bits, found);
        tq_narrow_products(input[3], words, 3, bits, found);
        tq_narrow_products(input[4], words, 4, bits, found);
        tq_narrow_products(input[5], words, 5, bits, found);
        tq_narrow_products(input[6], words, 6, bits, found);
        tq_narrow_products(input[7], words, 7, bits, found);
        rows += bits;
    }
    for (int32_t i = 0; i < 4; ++i) {
        sums[i] = found[i];
    }
}

/* Computes output[first .. first + count - 1] from input[depth]; `extra` is added to every sum. */
static inline void tq_linear_narrow(const uint8_t *weights, int32_t depth, const tq_output_s8 *p, const int8_t *input,
                                    int32_t first, int32_t count, int32_t extra, int8_t *output, int32_t bits)
{
    const int32_t row_bytes = tq_narrow_bytes(depth, bits);
    const int32_t end = first + count;
    const uint8_t *row = weights + first * row_bytes;

    /* four channels at a time: an input that is loaded once serves four products; what is left goes one by one */
    for (int32_t channel = first; channel < end;) {
        const int32_t left = end - channel;
        const int32_t eights = left >= 4 ? depth / 8 : 0;
        int32_t sums[4] = {extra, extra, extra, extra};

        if (eights > 0) {
            tq_narrow_four_sums(input, row, row_bytes, eights, bits, sums);
        }
        for (int32_t i = 0; i < 4 && channel < end; ++i, ++channel) {
            const int32_t sum = sums[i] + tq_narrow_sum(input, row, 8 * eights, depth, bits);

            output[channel] = tq_sum_to_s8(p, sum, channel);
            row += row_bytes;
        }
    }
}

#endif
