/* Two 4-bit weights in a byte: two's complement, the first in the low half. */
#ifndef TQ_INT4_H
#define TQ_INT4_H

#include <stdint.h>

/* Bytes of a row of weights; a last half byte may be unused. */
static inline int32_t tq_int4_bytes(int32_t weights)
{
    return (weights + 1) / 2;
}

static inline int32_t tq_int4_low(uint8_t pair)
{
    return (int32_t)((uint32_t)pair << 28) >> 28;
}

static inline int32_t tq_int4_high(uint8_t pair)
{
    return (int32_t)((uint32_t)pair << 24) >> 28;
}

/* One weight of a row. */
static inline int32_t tq_int4_at(const uint8_t *row, int32_t index)
{
    const uint8_t pair = row[index / 2];

    return index % 2 != 0 ? tq_int4_high(pair) : tq_int4_low(pair);
}

#endif
