/* Sums over pixels for the vector extension: the inner part of averages. */
#ifndef TQ_SUMS_S8_MVE_H
#define TQ_SUMS_S8_MVE_H

#include <stdint.h>

#include "tq_mve.h"

#if TQ_MVE

#include <arm_mve.h>

enum { TQ_SUMS = 16 }; /* channels at once */

/* The sums of up to 16 channels, in the order in which they lie in memory. */
typedef struct {
    int32x4_t of[4];
} tq_sums_s8_mve;

static inline tq_sums_s8_mve tq_no_sums(void)
{
    const int32x4_t zero = vdupq_n_s32(0);

    return (tq_sums_s8_mve){{zero, zero, zero, zero}};
}

/* Adds `count` pixels that are `step` bytes apart, `channels` of each. */
static inline void tq_add_pixels(tq_sums_s8_mve *sums, const int8_t *pixel, int32_t count, int32_t step,
                                 int32_t channels)
{
    int32x4_t a = sums->of[0];
    int32x4_t b = sums->of[1];
    int32x4_t c = sums->of[2];
    int32x4_t d = sums->of[3];

    if (channels >= TQ_SUMS) {
        for (; count > 0; --count) {
            a = vaddq_s32(a, vldrbq_s32(pixel));
            b = vaddq_s32(b, vldrbq_s32(pixel + 4));
            c = vaddq_s32(c, vldrbq_s32(pixel + 8));
            d = vaddq_s32(d, vldrbq_s32(pixel + 12));
            pixel += step;
        }
    } else { /* reads no further than the last channel */
        const mve_pred16_t lanes[4] = {
            vctp32q((uint32_t)channels),
            channels > 4 ? vctp32q((uint32_t)channels - 4) : (mve_pred16_t)0,
            channels > 8 ? vctp32q((uint32_t)channels - 8) : (mve_pred16_t)0,
            channels > 12 ? vctp32q((uint32_t)channels - 12) : (mve_pred16_t)0,
        };

        for (; count > 0; --count) {
            a = vaddq_s32(a, vldrbq_z_s32(pixel, lanes[0]));
            b = vaddq_s32(b, vldrbq_z_s32(pixel + 4, lanes[1]));
            c = vaddq_s32(c, vldrbq_z_s32(pixel + 8, lanes[2]));
            d = vaddq_s32(d, vldrbq_z_s32(pixel + 12, lanes[3]));
            pixel += step;
        }
    }
    sums->of[0] = a;
    sums->of[1] = b;
    sums->of[2] = c;
    sums->of[3] = d;
}

static inline void tq_store_sums(const tq_sums_s8_mve *sums, int32_t to[TQ_SUMS])
{
    vst1q_s32(to, sums->of[0]);
    vst1q_s32(to + 4, sums->of[1]);
    vst1q_s32(to + 8, sums->of[2]);
    vst1q_s32(to + 12, sums->of[3]);
}

#endif

#endif
