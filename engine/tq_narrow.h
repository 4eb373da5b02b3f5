/* Weights of 2 or 3 bits: two's complement, packed without gaps, the first in the lowest bits of the first byte.
 *
 * `bits` is a constant wherever these functions are used, so that the compiler does what depends on it alone.
 */
#ifndef TQ_NARROW_H
#define TQ_NARROW_H

#include <stdint.h>

/* Bytes of a row of weights; some bits of the last one may be unused. */
static inline int32_t tq_narrow_bytes(int32_t weights, int32_t bits)
{
    return (weights * bits + 7) / 8;
}

/* One of the weights in the low bits of a word. */
static inline int32_t tq_narrow_in(uint32_t word, int32_t index, int32_t bits)
{
    return (int32_t)(word << (32 - bits * (index + 1))) >> (32 - bits);
}

/* One weight of a row. */
static inline int32_t tq_narrow_at(const uint8_t *row, int32_t index, int32_t bits)
{
    const int32_t bit = index * bits;
    const uint8_t *p = row + bit / 8;
    uint32_t word = p[0];

    if (bit % 8 + bits > 8) {
        word |= (uint32_t)p[1] << 8;
    }
    return tq_narrow_in(word >> (bit % 8), 0, bits);
}

/* The next four weights of a row, from one on whose index is a multiple of four. */
static inline uint32_t tq_narrow_four_at(const uint8_t *row, int32_t index, int32_t bits)
{
    const int32_t bit = index * bits;
    const uint8_t *p = row + bit / 8;

    return bits == 2 ? p[0] : (p[0] | (uint32_t)p[1] << 8) >> (bit % 8);
}

/* The eight weights at the start of some bytes. */
static inline uint32_t tq_narrow_eight(const uint8_t *p, int32_t bits)
{
    const uint32_t word = p[0] | (uint32_t)p[1] << 8;

    return bits == 2 ? word : word | (uint32_t)p[2] << 16;
}

#endif
