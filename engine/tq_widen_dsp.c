#include "tq_widen_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>
#include <string.h>

#include "tq_dsp.h"

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

/* Words of both arrays; returns the end of the output. */
static inline int32_t *widen_words(const int8_t *first, const int8_t *second, int32_t words, int32_t *to)
{
    for (; words > 0; --words) {
        uint32_t word;

        memcpy(&word, first, sizeof word); /* one load, aligned or not */
        to[0] = (int32_t)tq_even_bytes(word);
        to[1] = (int32_t)tq_odd_bytes(word);
        memcpy(&word, second, sizeof word);
        to[2] = (int32_t)tq_even_bytes(word);
        to[3] = (int32_t)tq_odd_bytes(word);
        to += 4;
        first += 4;
        second += 4;
    }
    return to;
}

void tq_widen_any_pair_dsp(const tq_widen_pair_dsp_args *args)
{
    const int8_t *first = args->first;
    const int8_t *second = args->second;
    int8_t *first_rest = args->rests[0];
    int8_t *second_rest = args->rests[1];
    int32_t *to = args->output;

    for (int32_t row = 0; row < args->rows; ++row) {
        to = widen_words(first, second, args->words, to);
        first += 4 * args->words;
        second += 4 * args->words;
        for (int32_t i = 0; i < args->rest; ++i) {
            const int8_t code = *first++; /* both are read before either is overwritten */

            *second_rest++ = *second++;
            *first_rest++ = code;
        }
        first += args->first_step;
        second += args->second_step;
    }
    widen_words(args->rests[0], args->rests[1], (args->rows * args->rest + 3) / 4, to);
}

/* r12, lr inputs; r0 output; r5, r6 steps from row to row; r8 rows left */
__attribute__((naked)) void tq_widen_pair_of_4_dsp(__attribute__((unused)) const tq_widen_pair_dsp_args *args)
{
    __asm__ volatile(
        "push {r4-r8, lr}\n"
        "ldm r0, {r3-r8, r12}\n"
        "mov lr, r4\n"
        "mov r0, r12\n"
        "mov r12, r3\n"
        "add r5, r5, #4\n"
        "add r6, r6, #4\n"
        ".balign 4\n"
        "1:\n"
        "ldr r2, [r12]\n"
        "ldr r4, [lr]\n"
        "add r12, r12, r5\n"
        "add lr, lr, r6\n"
        "sxtb16 r1, r2\n"
        "sxtb16 r2, r2, ror #8\n"
        "sxtb16 r3, r4\n"
        "sxtb16 r4, r4, ror #8\n"
        "stm r0!, {r1-r4}\n"
        "subs r8, r8, #1\n"
        "bne 1b\n"
        "pop {r4-r8, pc}\n");
}

/* r12, lr inputs; r0 output; r9, r10 steps from row to row. Words (k0, k2) and (k1, k3) of the rests lack k3, for which
 * there is a weight of zero.
 */
#define WIDEN_ROW_OF_9        \
    "ldr r2, [r12, #-8]\n"    \
    "ldr r4, [lr, #-8]\n"     \
    "ldr r6, [r12, #-4]\n"    \
    "ldr r8, [lr, #-4]\n"     \
    "sxtb16 r1, r2\n"         \
    "sxtb16 r2, r2, ror #8\n" \
    "sxtb16 r3, r4\n"         \
    "sxtb16 r4, r4, ror #8\n" \
    "sxtb16 r5, r6\n"         \
    "sxtb16 r6, r6, ror #8\n" \
    "sxtb16 r7, r8\n"         \
    "sxtb16 r8, r8, ror #8\n" \
    "stm r0!, {r1-r8}\n"

__attribute__((naked)) void tq_widen_pair_of_9_dsp(__attribute__((unused)) const tq_widen_pair_dsp_args *args)
{
    __asm__ volatile(
        "push {r4-r10, lr}\n"
        "ldm r0, {r1-r7}\n"
        "add r12, r1, #8\n"
        "add lr, r2, #8\n"
        "add r9, r3, #9\n"
        "add r10, r4, #9\n"
        "mov r0, r7\n"
        "ldrsb r1, [r12]\n"
        "ldrsb r2, [r12, r9]\n"
        "ldrsb r5, [r12, r9, lsl #1]\n"
        "ldrsb r3, [lr]\n"
        "ldrsb r4, [lr, r10]\n"
        "ldrsb r6, [lr, r10, lsl #1]\n"
        "pkhbt r1, r1, r5, lsl #16\n"
        "pkhbt r3, r3, r6, lsl #16\n"
        "add r7, r0, #96\n"
        "stm r7, {r1-r4}\n"
        WIDEN_ROW_OF_9
        "add r12, r12, r9\n"
        "add lr, lr, r10\n"
        WIDEN_ROW_OF_9
        "add r12, r12, r9\n"
        "add lr, lr, r10\n"
        WIDEN_ROW_OF_9
        "pop {r4-r10, pc}\n");
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
