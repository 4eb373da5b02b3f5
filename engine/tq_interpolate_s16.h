/* A function of int16 codes by a table of its values at every 128th code, linear between them. */
#ifndef TQ_INTERPOLATE_S16_H
#define TQ_INTERPOLATE_S16_H

#include <stdint.h>

enum { TQ_INTERPOLATE_S16_SIZE = 513 };

static inline int32_t tq_interpolate_s16(const int16_t table[TQ_INTERPOLATE_S16_SIZE], int32_t x)
{
    const int16_t *left = table + 256 + (x >> 7);
    const int32_t rest = x & 127;

    return left[0] + (((left[1] - left[0]) * rest + 64) >> 7);
}

#endif
