#include "tq_winograd_sums_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>

_Static_assert(offsetof(tq_winograd_args, start) == 16, "the assembler reads the members as five words");
_Static_assert(TQ_WINOGRAD_MAX_GROUPS == 16, "the assembler unrolls the groups after the first one");

extern const uintptr_t tq_winograd_end_of_groups;

enum { GROUP_BYTES = 40 };

void tq_winograd_set_up(tq_winograd_args *args, int32_t groups)
{
    args->inputs_end = args->inputs + 16 * 4 * groups;
    args->start = tq_winograd_end_of_groups - (uint32_t)(groups - 1) * GROUP_BYTES;
}

/* r0 inputs, r1 weights; r2-r5 two tiles, r6-r9 two channels; sums r10, r11 (first tile), r12, lr (second tile) */
__attribute__((naked)) const int32_t *tq_winograd_sums_dsp(__attribute__((unused)) const tq_winograd_args *args)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "ldm r0, {r1-r5}\n"
        "mov r0, r2\n"
        "push {r3-r5}\n"
        ".balign 4\n"
        "1:\n"
        "ldm.w r0!, {r2-r5}\n"
        "ldm.w r1!, {r6-r9}\n"
        "smuad r10, r2, r6\n"
        "smuad r11, r2, r8\n"
        "smuad r12, r4, r6\n"
        "smuad lr, r4, r8\n"
        "smlad r10, r3, r7, r10\n"
        "smlad r11, r3, r9, r11\n"
        "smlad r12, r5, r7, r12\n"
        "smlad lr, r5, r9, lr\n"
        "ldr.w pc, [sp, #8]\n"
        ".rept 15\n"
        "ldm.w r0!, {r2-r5}\n"
        "ldm.w r1!, {r6-r9}\n"
        "smlad r10, r2, r6, r10\n"
        "smlad r11, r2, r8, r11\n"
        "smlad r12, r4, r6, r12\n"
        "smlad lr, r4, r8, lr\n"
        "smlad r10, r3, r7, r10\n"
        "smlad r11, r3, r9, r11\n"
        "smlad r12, r5, r7, r12\n"
        "smlad lr, r5, r9, lr\n"
        ".endr\n"
        "2:\n"
        "ldrd r2, r3, [sp]\n"
        "stm r2!, {r10-r12, lr}\n"
        "str r2, [sp]\n"
        "cmp r0, r3\n"
        "bne.w 1b\n"
        "mov r0, r1\n"
        "add sp, sp, #12\n"
        "pop {r4-r11, pc}\n"
        ".balign 4\n"
        ".global tq_winograd_end_of_groups\n"
        "tq_winograd_end_of_groups:\n"
        ".word 2b + 1\n");
}

#endif
