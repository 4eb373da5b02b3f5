#include "tq_winograd_inputs_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

/* r0-r3 rows, lr output; sp: end of the first row, rows */
__attribute__((naked)) void tq_winograd_columns_dsp(__attribute__((unused)) const int8_t *rows[4],
                                                    __attribute__((unused)) int32_t words,
                                                    __attribute__((unused)) int32_t *output)
{
    __asm__ volatile(
        "push {r0, r4-r11, lr}\n"
        "mov lr, r2\n"
        "mov r12, r1\n"
        "ldm r0, {r0-r3}\n"
        "add r12, r0, r12, lsl #2\n"
        "push {r12}\n"
        "1:\n"
        "ldr r4, [r0], #4\n"
        "ldr r5, [r1], #4\n"
        "ldr r6, [r2], #4\n"
        "ldr r7, [r3], #4\n"
        "sxtb16 r8, r4\n"
        "sxtb16 r9, r5\n"
        "sxtb16 r10, r6\n"
        "sxtb16 r11, r7\n"
        "ssub16 r8, r8, r10\n"
        "ssub16 r11, r11, r9\n"
        "sadd16 r12, r9, r10\n"
        "ssub16 r10, r10, r9\n"
        "sxtb16 r4, r4, ror #8\n"
        "sxtb16 r5, r5, ror #8\n"
        "sxtb16 r6, r6, ror #8\n"
        "sxtb16 r7, r7, ror #8\n"
        "ssub16 r4, r4, r6\n"
        "ssub16 r7, r7, r5\n"
        "sadd16 r9, r5, r6\n"
        "ssub16 r6, r6, r5\n"
        "strd r10, r6, [lr, #8]\n"
        "strd r8, r4, [lr, #16]\n"
        "strd r11, r7, [lr, #24]\n"
        "strd r12, r9, [lr], #32\n"
        "ldr r4, [sp]\n"
        "cmp r0, r4\n"
        "bne 1b\n"
        "ldr r4, [sp, #4]\n"
        "stm r4, {r0-r3}\n"
        "add sp, sp, #8\n"
        "pop {r4-r11, pc}\n");
}

/* r0-r3 columns, r12 output, lr bytes from position to position; sp: end of the first column, way to the next group */
__attribute__((naked)) void tq_winograd_tile_dsp(__attribute__((unused)) const int32_t *left,
                                                 __attribute__((unused)) const int32_t *right,
                                                 __attribute__((unused)) int32_t groups,
                                                 __attribute__((unused)) int32_t *output)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "mov r12, r3\n"
        "lsl lr, r2, #4\n"
        "lsl r4, r2, #5\n"
        "mov r2, r1\n"
        "add r1, r0, r4\n"
        "add r3, r2, r4\n"
        "lsl r5, lr, #4\n"
        "rsb r5, r5, #16\n"
        "push {r1, r5}\n"
        "1:\n"
        ".rept 4\n"
        "ldrd r4, r5, [r0], #8\n"
        "ldrd r6, r7, [r1], #8\n"
        "ldrd r8, r9, [r2], #8\n"
        "sadd16 r10, r6, r8\n"
        "sadd16 r11, r7, r9\n"
        "strd r10, r11, [r12]\n"
        "add r12, r12, lr\n"
        "ssub16 r4, r4, r8\n"
        "ssub16 r5, r5, r9\n"
        "ssub16 r8, r8, r6\n"
        "ssub16 r9, r9, r7\n"
        "strd r8, r9, [r12]\n"
        "add r12, r12, lr\n"
        "strd r4, r5, [r12]\n"
        "add r12, r12, lr\n"
        "ldrd r8, r9, [r3], #8\n"
        "ssub16 r8, r8, r6\n"
        "ssub16 r9, r9, r7\n"
        "strd r8, r9, [r12]\n"
        "add r12, r12, lr\n"
        ".endr\n"
        "ldrd r4, r5, [sp]\n"
        "add r12, r12, r5\n"
        "cmp r0, r4\n"
        "bne 1b\n"
        "add sp, sp, #8\n"
        "pop {r4-r11, pc}\n");
}

#endif
