/* Sums of fewer than 31 bits to codes with one multiplication, for shifts to the right by 1 to 22 bits: as tq_scale.
 *
 * tq_scale rounds twice: v = floor(sum * multiplier / 2^31 + 1/2), then v / 2^right to nearest, ties away from zero,
 * which is floor((v + 2^(right - 1) - (1 if v < 0)) / 2^right). Floors of floors are one floor, so all addends can go
 * before the division, the output's zero point too; and where sum < 0 but v = 0, one less makes no difference.
 */
#ifndef TQ_SCALE_RIGHT_H
#define TQ_SCALE_RIGHT_H

#include <stdint.h>

#include "tq_fixed_point.h"

typedef struct {
    int32_t multiplier;
    int32_t addend; /* to v: 2^(right - 1) + zero_point * 2^right */
    int32_t right;
    int32_t min;
    int32_t max;
} tq_scale_right;

static inline tq_scale_right tq_scale_right_by(int32_t multiplier, int32_t right, int32_t zero_point, int32_t min,
                                               int32_t max)
{
    return (tq_scale_right){multiplier, (1 + 2 * zero_point) * (1 << (right - 1)), right, min, max};
}

static inline int8_t tq_scale_right_code(tq_scale_right s, int32_t sum)
{
    const int32_t upper = s.addend + (sum >> 31);
    const int64_t addend = (int64_t)upper * (INT64_C(1) << 32) + INT64_C(0x80000000);
    const int64_t product = (int64_t)(sum * 2) * s.multiplier + addend;

    return (int8_t)tq_clamp((int32_t)(product >> 32) >> s.right, s.min, s.max);
}

#endif
