/* Assembler that tq_dot_s8_dsp and tq_dot_pixels_s8_dsp share: a group of inputs, and codes of sums. */
#ifndef TQ_DOT_ASM_DSP_H
#define TQ_DOT_ASM_DSP_H

#include "tq_dot_s8_dsp.h"

_Static_assert(TQ_DSP_SHIFT == 12, "the assembler shifts by 12");

/* r0 inputs, r1 weights; r2-r5 two pixels, r6-r9 two channels; sums r10, r11 (first pixel), r12, lr (second pixel) */
#define GROUP                  \
    "ldm.w r0!, {r2-r5}\n"     \
    "ldm.w r1!, {r6-r9}\n"     \
    "smlad r10, r2, r6, r10\n" \
    "smlad r11, r2, r8, r11\n" \
    "smlad r12, r4, r6, r12\n" \
    "smlad lr, r4, r8, lr\n"   \
    "smlad r10, r3, r7, r10\n" \
    "smlad r11, r3, r9, r11\n" \
    "smlad r12, r5, r7, r12\n" \
    "smlad lr, r5, r9, lr\n"

/* The first group, of which biases follow the weights. */
#define FIRST_GROUP            \
    "ldm.w r0!, {r2-r5}\n"     \
    "ldm.w r1!, {r6-r11}\n"    \
    "smlad r12, r4, r6, r10\n" \
    "smlad lr, r4, r8, r11\n"  \
    "smlad r10, r2, r6, r10\n" \
    "smlad r11, r2, r8, r11\n" \
    "smlad r12, r5, r7, r12\n" \
    "smlad lr, r5, r9, lr\n"   \
    "smlad r10, r3, r7, r10\n" \
    "smlad r11, r3, r9, r11\n"

/* r2, r3 multipliers of both channels; r4, r5 addends; r6, r7 shifts */
#define SIGNED(sum, multiplier, addend, shift)              \
    "add r8, " addend ", " sum ", asr #31\n"                \
    "smmlar " sum ", " sum ", " multiplier ", r8\n"         \
    "asr " sum ", " sum ", " shift "\n"                     \
    "ssat " sum ", #8, " sum "\n"

#define NONNEGATIVE(sum, multiplier, addend)                \
    "smmla " sum ", " sum ", " multiplier ", " addend "\n"  \
    "ssat " sum ", #8, " sum ", asr #12\n"

#define SHIFT_SUMS(even, odd)   \
    "lsl r10, r10, " even "\n"  \
    "lsl r11, r11, " odd "\n"   \
    "lsl r12, r12, " even "\n"  \
    "lsl lr, lr, " odd "\n"

#define ALL_SIGNED                     \
    SIGNED("r10", "r2", "r4", "r6")    \
    SIGNED("r11", "r3", "r5", "r7")    \
    SIGNED("r12", "r2", "r4", "r6")    \
    SIGNED("lr", "r3", "r5", "r7")

#define ALL_NONNEGATIVE           \
    NONNEGATIVE("r10", "r2", "r4") \
    NONNEGATIVE("r11", "r3", "r5") \
    NONNEGATIVE("r12", "r2", "r4") \
    NONNEGATIVE("lr", "r3", "r5")

/* What each tq_dsp_form does with sums. */
#define CODES_SIGNED               \
    "ldm r1!, {r2-r7}\n"           \
    SHIFT_SUMS("#1", "#1")         \
    ALL_SIGNED

#define CODES_NONNEGATIVE          \
    "ldm r1!, {r2-r7}\n"           \
    SHIFT_SUMS("r6", "r7")         \
    ALL_NONNEGATIVE

#define CODES_SIGNED_SCALED        \
    "ldm r1!, {r2-r7}\n"           \
    ALL_SIGNED

#define CODES_NONNEGATIVE_SCALED   \
    "ldm r1!, {r2-r5}\n"           \
    ALL_NONNEGATIVE

#endif
