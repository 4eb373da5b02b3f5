#include "tq_add_s8_mve.h"

#include "tq_mve.h"

#if TQ_MVE

#include <arm_mve.h>

enum { HALF_SHIFT = 19 }; /* a headroom of 20 bits, and a factor of 1/2 */

/* What does not change from vector to vector. */
typedef struct {
    int32x4_t first_units; /* codes times this plus an offset: (code - zero point) << shift */
    int32x4_t second_units;
    int32_t first_offset;
    int32_t second_offset;
} operands;

/* x times a factor, with the two roundings of tq_scale; the shift is to the right by at least 1. */
static inline int32x4_t scaled(int32x4_t x, int32_t multiplier, int32_t shift)
{
    const int32x4_t product = vqrdmulhq_n_s32(x, multiplier);

    return vrshlq_n_s32(vaddq_s32(product, vshrq_n_s32(product, 31)), shift);
}

static inline int32x4_t sum_of(const tq_add_s8_mve_params *p, const operands *o, int32x4_t first, int32x4_t second)
{
    const int32x4_t a = vmlasq_n_s32(first, o->first_units, o->first_offset);
    const int32x4_t b = vmlasq_n_s32(second, o->second_units, o->second_offset);

    return scaled(vaddq_s32(a, scaled(b, p->second_multiplier, p->second_shift)), p->multiplier, p->shift);
}

/* The sums of eight codes, as 16-bit numbers. */
static inline int16x8_t sums_of(const tq_add_s8_mve_params *p, const operands *o, int16x8_t first, int16x8_t second)
{
    const int32x4_t even = sum_of(p, o, vmovlbq_s16(first), vmovlbq_s16(second));
    const int32x4_t odd = sum_of(p, o, vmovltq_s16(first), vmovltq_s16(second));
    const int16x8_t sums = vqmovntq_s32(vqmovnbq_s32(vdupq_n_s16(0), even), odd);

    return vqaddq_n_s16(sums, (int16_t)p->output_zero_point);
}

void tq_add_s8_mve(const tq_add_s8_mve_params *p, const int8_t *first, const int8_t *second, int8_t *output)
{
    const operands o = {
        .first_units = vdupq_n_s32(1 << HALF_SHIFT),
        .second_units = vdupq_n_s32(1 << p->second_left_shift),
        .first_offset = -p->zero_points[0] * (1 << HALF_SHIFT),
        .second_offset = -p->zero_points[1] * (1 << p->second_left_shift),
    };
    const int8x16_t low = vdupq_n_s8((int8_t)p->output_min);
    const int8x16_t high = vdupq_n_s8((int8_t)p->output_max);

    for (int32_t left = p->count; left > 0; left -= 16) {
        const mve_pred16_t lanes = vctp8q((uint32_t)left);
        const int8x16_t a = vld1q_z_s8(first, lanes);
        const int8x16_t b = vld1q_z_s8(second, lanes);
        const int16x8_t even = sums_of(p, &o, vmovlbq_s8(a), vmovlbq_s8(b));
        const int16x8_t odd = sums_of(p, &o, vmovltq_s8(a), vmovltq_s8(b));
        const int8x16_t codes = vqmovntq_s16(vqmovnbq_s16(vdupq_n_s8(0), even), odd);

        vst1q_p_s8(output, vminq_s8(vmaxq_s8(codes, low), high), lanes);
        first += 16;
        second += 16;
        output += 16;
    }
}

#endif
