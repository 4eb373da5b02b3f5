/* Tiles for tq_dot_s8_mve: rows of inputs, interleaved in vectors of 16. */
#ifndef TQ_TILE_S8_MVE_H
#define TQ_TILE_S8_MVE_H

#include <stdint.h>

#include "tq_mve.h"

#if TQ_MVE

#include <arm_mve.h>

/* Puts `depth` bytes of one pixel into a tile at [0][pixel][0]; what is past them is zero. Reads no further. */
static inline void tq_tile_pixel(const int8_t *input, int32_t depth, int8_t *tile)
{
    for (; depth >= 16; depth -= 16) {
        vst1q_s8(tile, vld1q_s8(input));
        input += 16;
        tile += 64;
    }
    if (depth > 0) {
        vst1q_s8(tile, vld1q_z_s8(input, vctp8q((uint32_t)depth)));
    }
}

/* Puts four pixels of `depth` bytes, which follow each other, into a tile. Reads whole vectors: up to 15 bytes further,
 * which become what they happen to be.
 */
static inline void tq_tile_pixels(const int8_t *input, int32_t depth, int8_t *tile)
{
    const int8_t *a = input;
    const int8_t *b = a + depth;
    const int8_t *c = b + depth;
    const int8_t *d = c + depth;

    for (int32_t step = (depth + 15) / 16; step > 0; --step) {
        vst1q_s8(tile, vld1q_s8(a));
        vst1q_s8(tile + 16, vld1q_s8(b));
        vst1q_s8(tile + 32, vld1q_s8(c));
        vst1q_s8(tile + 48, vld1q_s8(d));
        a += 16;
        b += 16;
        c += 16;
        d += 16;
        tile += 64;
    }
}

#endif

#endif
