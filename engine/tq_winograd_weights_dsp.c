#include "tq_winograd_weights_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

/* r0 weights, r1 the middle of the positions, r2 bytes from position to position, r4-r12 taps; sp: end of the weights */
#define STORE_TWO                  \
    "str r3, [r1]\n"               \
    "str lr, [r1, r2]\n"           \
    "add r1, r1, r2, lsl #1\n"

/* 2G times a row of taps */
#define ROW(first, second, third)                     \
    "sadd16 lr, " first ", " third "\n"               \
    "sadd16 r3, lr, " second "\n"                     \
    "ssub16 lr, lr, " second "\n"                     \
    STORE_TWO                          \
    "sadd16 r3, " first ", " first "\n"               \
    "sadd16 lr, " third ", " third "\n"               \
    STORE_TWO

#define DOUBLE                     \
    "sadd16 r3, r3, r3\n"          \
    "sadd16 lr, lr, lr\n"

#define TWICE_ROW(first, second, third)               \
    "sadd16 lr, " first ", " third "\n"               \
    "sadd16 r3, lr, " second "\n"                     \
    "ssub16 lr, lr, " second "\n"                     \
    DOUBLE                                            \
    STORE_TWO                          \
    "sadd16 r3, " first ", " first "\n"               \
    "sadd16 lr, " third ", " third "\n"               \
    DOUBLE                                            \
    STORE_TWO

/* The halves of nine words that SXTB16 takes, rotated or not. */
#define HALVES(rotation)           \
    "ldm r0, {r4-r12}\n"           \
    "sxtb16 r4, r4" rotation "\n"  \
    "sxtb16 r5, r5" rotation "\n"  \
    "sxtb16 r6, r6" rotation "\n"  \
    "sxtb16 r7, r7" rotation "\n"  \
    "sxtb16 r8, r8" rotation "\n"  \
    "sxtb16 r9, r9" rotation "\n"  \
    "sxtb16 r10, r10" rotation "\n" \
    "sxtb16 r11, r11" rotation "\n" \
    "sxtb16 r12, r12" rotation "\n" \
    TWICE_ROW("r4", "r5", "r6")    \
    TWICE_ROW("r10", "r11", "r12") \
    "sub r1, r1, r2, lsl #4\n"     \
    "sadd16 r4, r4, r10\n"         \
    "sadd16 r5, r5, r11\n"         \
    "sadd16 r6, r6, r12\n"         \
    "ssub16 r10, r4, r7\n"         \
    "ssub16 r11, r5, r8\n"         \
    "ssub16 r12, r6, r9\n"         \
    "sadd16 r4, r4, r7\n"          \
    "sadd16 r5, r5, r8\n"          \
    "sadd16 r6, r6, r9\n"          \
    ROW("r4", "r5", "r6")          \
    ROW("r10", "r11", "r12")       \
    "add r1, r1, #4\n"

__attribute__((naked)) void tq_winograd_weights_dsp(__attribute__((unused)) const int8_t *weights,
                                                    __attribute__((unused)) int32_t groups,
                                                    __attribute__((unused)) int32_t *output)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "mov r3, #72\n"
        "mla r3, r1, r3, r0\n"
        "push {r3}\n"
        "add r3, r2, r1, lsl #7\n"
        "lsl r2, r1, #4\n"
        "mov r1, r3\n"
        "1:\n"
        HALVES("")
        HALVES(", ror #8")
        "add r0, r0, #36\n"
        "ldr r3, [sp]\n"
        "cmp r0, r3\n"
        "bne.w 1b\n"
        "add sp, sp, #4\n"
        "pop {r4-r11, pc}\n");
}

#endif
