#include "tq_widen_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>

_Static_assert(offsetof(tq_widen_pair_dsp_args, output) == 24, "the assembler reads the members as seven words");

/* r12, lr inputs; r0 output; r11 words left in the row; sp: steps, words, rows */
__attribute__((naked)) void tq_widen_pair_dsp(__attribute__((unused)) const tq_widen_pair_dsp_args *args)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "ldm r0, {r2-r8}\n"
        "push {r4-r7}\n"
        "mov r12, r2\n"
        "mov lr, r3\n"
        "mov r0, r8\n"
        "1:\n"
        "ldr r11, [sp, #8]\n"
        "subs r11, r11, #2\n"
        "blo 3f\n"
        ".balign 4\n"
        "2:\n"
        "ldm.w r12!, {r2, r6}\n"
        "ldm.w lr!, {r4, r8}\n"
        "sxtb16 r1, r2\n"
        "sxtb16 r2, r2, ror #8\n"
        "sxtb16 r3, r4\n"
        "sxtb16 r4, r4, ror #8\n"
        "sxtb16 r5, r6\n"
        "sxtb16 r6, r6, ror #8\n"
        "sxtb16 r7, r8\n"
        "sxtb16 r8, r8, ror #8\n"
        "stm.w r0!, {r1-r8}\n"
        "subs r11, r11, #2\n"
        "bhs 2b\n"
        "3:\n"
        "adds r11, r11, #2\n"
        "beq 4f\n"
        "ldr r2, [r12], #4\n"
        "ldr r4, [lr], #4\n"
        "sxtb16 r1, r2\n"
        "sxtb16 r2, r2, ror #8\n"
        "sxtb16 r3, r4\n"
        "sxtb16 r4, r4, ror #8\n"
        "stm r0!, {r1-r4}\n"
        "4:\n"
        "ldrd r2, r3, [sp]\n"
        "ldr r4, [sp, #12]\n"
        "add r12, r12, r2\n"
        "add lr, lr, r3\n"
        "subs r4, r4, #1\n"
        "str r4, [sp, #12]\n"
        "bne 1b\n"
        "add sp, sp, #16\n"
        "pop {r4-r11, pc}\n");
}

__attribute__((naked)) int32_t *tq_widen_dsp(__attribute__((unused)) const int8_t *input,
                                             __attribute__((unused)) int32_t words,
                                             __attribute__((unused)) int32_t *output)
{
    __asm__ volatile(
        "push {r4-r10, lr}\n"
        "subs r1, r1, #4\n"
        "blo 2f\n"
        ".balign 4\n"
        "1:\n"
        "ldm.w r0!, {r4, r6, r8, r10}\n"
        "sxtb16 r3, r4\n"
        "sxtb16 r4, r4, ror #8\n"
        "sxtb16 r5, r6\n"
        "sxtb16 r6, r6, ror #8\n"
        "sxtb16 r7, r8\n"
        "sxtb16 r8, r8, ror #8\n"
        "sxtb16 r9, r10\n"
        "sxtb16 r10, r10, ror #8\n"
        "stm.w r2!, {r3-r10}\n"
        "subs r1, r1, #4\n"
        "bhs 1b\n"
        "2:\n"
        "adds r1, r1, #4\n"
        "beq 4f\n"
        "3:\n"
        "ldr r4, [r0], #4\n"
        "sxtb16 r3, r4\n"
        "sxtb16 r4, r4, ror #8\n"
        "strd r3, r4, [r2], #8\n"
        "subs r1, r1, #1\n"
        "bne 3b\n"
        "4:\n"
        "mov r0, r2\n"
        "pop {r4-r10, pc}\n");
}

#endif
