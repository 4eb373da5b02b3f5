#include "tq_dot_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>

_Static_assert(offsetof(tq_dot_s8_dsp_args, form) == 36, "the assembler reads the members as ten words");
_Static_assert(TQ_DSP_SHIFT == 12, "the assembler shifts by 12");

/* r0 inputs, r1 weights; r2-r5 two pixels, r6-r9 two channels; sums r10, r11 (first pixel), r12, lr (second pixel).
 * No register is left for a counter, so where to go after the first group and after the last one is on the stack.
 */
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

/* The odd channel goes first, so that the even one wins where both have the same address. */
#define STORE_AND_LOOP             \
    "ldm sp, {r0, r2-r5}\n"        \
    "strb lr, [r3, r5]\n"          \
    "strb r12, [r3], #2\n"         \
    "strb r11, [r2, r5]\n"         \
    "strb r10, [r2], #2\n"         \
    "strd r2, r3, [sp, #4]\n"      \
    "cmp r1, r4\n"                 \
    "bne.w 1b\n"                   \
    "add sp, sp, #36\n"            \
    "pop {r4-r11, pc}\n"

/* Addresses in tq_dot_s8_dsp: the code of each tq_dsp_form, and the end of the unrolled groups. */
extern const uintptr_t tq_dot_s8_dsp_addresses[5];

enum { UNROLLED = 36, GROUP_BYTES = 40, TEST_BYTES = 4 };

void tq_dot_s8_dsp_set_up(tq_dot_s8_dsp_args *args, int32_t groups, tq_dsp_form form)
{
    const uintptr_t end = tq_dot_s8_dsp_addresses[4];
    const uint32_t rest = (uint32_t)groups - 1;

    /* the first pass goes through the last ones of the unrolled groups; if it does not do, a test goes back for more */
    args->start = end - rest % UNROLLED * GROUP_BYTES;
    args->form = tq_dot_s8_dsp_addresses[form];
    args->after = rest < UNROLLED ? args->form : end + TEST_BYTES;
    args->inputs_end = args->inputs + 4 * groups;
}

__attribute__((naked)) void tq_dot_s8_dsp(__attribute__((unused)) const tq_dot_s8_dsp_args *args)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "ldm r0, {r1-r10}\n"
        "mov r0, r2\n"
        /* sp: inputs, outputs, end of weights, second channel; +20 start, +24 after, +28 end of inputs, +32 form */
        "push {r2-r10}\n"
        ".balign 4\n"
        "1:\n"
        "ldm.w r0!, {r2-r5}\n"
        "ldm.w r1!, {r6-r11}\n"
        "smlad r12, r4, r6, r10\n"
        "smlad lr, r4, r8, r11\n"
        "smlad r10, r2, r6, r10\n"
        "smlad r11, r2, r8, r11\n"
        "smlad r12, r5, r7, r12\n"
        "smlad lr, r5, r9, lr\n"
        "smlad r10, r3, r7, r10\n"
        "smlad r11, r3, r9, r11\n"
        "ldr.w pc, [sp, #20]\n"
        "2:\n"
        ".rept 36\n"
        GROUP
        ".endr\n"
        "3:\n"
        "ldr.w pc, [sp, #24]\n"
        "ldr r2, [sp, #28]\n"
        "cmp r0, r2\n"
        "bne.w 2b\n"
        "ldr.w pc, [sp, #32]\n"
        "4:\n"
        "ldm r1!, {r2-r7}\n"
        SHIFT_SUMS("#1", "#1")
        ALL_SIGNED
        STORE_AND_LOOP
        "5:\n"
        "ldm r1!, {r2-r7}\n"
        SHIFT_SUMS("r6", "r7")
        ALL_NONNEGATIVE
        STORE_AND_LOOP
        "6:\n"
        "ldm r1!, {r2-r7}\n"
        ALL_SIGNED
        STORE_AND_LOOP
        "7:\n"
        "ldm r1!, {r2-r5}\n"
        ALL_NONNEGATIVE
        STORE_AND_LOOP
        ".balign 4\n"
        ".global tq_dot_s8_dsp_addresses\n"
        "tq_dot_s8_dsp_addresses:\n"
        ".word 4b + 1, 5b + 1, 6b + 1, 7b + 1, 3b + 1\n");
}

#endif
