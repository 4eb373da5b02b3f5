#include "tq_dot_pixels_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include "tq_dot_asm_dsp.h"

_Static_assert(sizeof(tq_dot_pixels_args) == 36, "the assembler reads nine words");
_Static_assert(TQ_DOT_PIXELS_MAX_GROUPS == 32, "the assembler unrolls the groups after the first one");

/* The stack: +0 widened inputs, +4 outputs of both pixels, +12 end of the weights, +16 where to go after the first group,
 * +20 weights, +24 bytes from the channels' end to the pixel after the next, +28 input, +32 pixels left, +36 groups
 */
#define PIXELS(codes)                  \
    "push {r4-r11, lr}\n"              \
    "ldm r0, {r1-r9}\n"                \
    "rsb r7, r7, r8, lsl #1\n"         \
    "ldr.w r10, 9f\n"                  \
    "mov r11, #40\n"                   \
    "mls r10, r6, r11, r10\n"          \
    "add r8, r4, r8\n"                 \
    "mov r0, r9\n"                     \
    "mov r11, r1\n"                    \
    "push {r3, r5, r6}\n"              \
    "push {r7}\n"                      \
    "push {r2, r10, r11}\n"            \
    "push {r4, r8}\n"                  \
    "push {r0}\n"                      \
    "1:\n"                             \
    "ldr r11, [sp, #36]\n"             \
    "ldrd r12, r10, [sp, #28]\n"       \
    "add lr, r12, r11, lsl #2\n"       \
    "subs r10, r10, #2\n"              \
    "itttt mi\n" /* one is left: the same one twice */ \
    "movmi r10, #0\n"                  \
    "movmi lr, r12\n"                  \
    "ldrmi r2, [sp, #4]\n"             \
    "strmi r2, [sp, #8]\n"             \
    "str r10, [sp, #32]\n"             \
    "ldr r0, [sp]\n"                   \
    "subs r11, r11, #2\n"              \
    "blo 3f\n"                         \
    ".balign 4\n"                      \
    "2:\n"                             \
    "ldm.w r12!, {r2, r6}\n"           \
    "ldm.w lr!, {r4, r8}\n"            \
    "sxtb16 r1, r2\n"                  \
    "sxtb16 r2, r2, ror #8\n"          \
    "sxtb16 r3, r4\n"                  \
    "sxtb16 r4, r4, ror #8\n"          \
    "sxtb16 r5, r6\n"                  \
    "sxtb16 r6, r6, ror #8\n"          \
    "sxtb16 r7, r8\n"                  \
    "sxtb16 r8, r8, ror #8\n"          \
    "stm.w r0!, {r1-r8}\n"             \
    "subs r11, r11, #2\n"              \
    "bhs 2b\n"                         \
    "3:\n"                             \
    "adds r11, r11, #2\n"              \
    "beq 4f\n"                         \
    "ldr r2, [r12], #4\n"              \
    "ldr r4, [lr], #4\n"               \
    "sxtb16 r1, r2\n"                  \
    "sxtb16 r2, r2, ror #8\n"          \
    "sxtb16 r3, r4\n"                  \
    "sxtb16 r4, r4, ror #8\n"          \
    "stm r0!, {r1-r4}\n"               \
    "4:\n"                             \
    "str lr, [sp, #28]\n"              \
    "ldr r0, [sp]\n"                   \
    "ldr r1, [sp, #20]\n"              \
    ".balign 4\n"                      \
    "5:\n"                             \
    FIRST_GROUP                        \
    "ldr.w pc, [sp, #16]\n"            \
    ".rept 31\n"                       \
    GROUP                              \
    ".endr\n"                          \
    "6:\n"                             \
    codes                              \
    "ldm sp, {r0, r2-r4}\n"            \
    "strb lr, [r3, #1]\n"              \
    "strb r12, [r3], #2\n"             \
    "strb r11, [r2, #1]\n"             \
    "strb r10, [r2], #2\n"             \
    "strd r2, r3, [sp, #4]\n"          \
    "cmp r1, r4\n"                     \
    "bne.w 5b\n"                       \
    "ldr r4, [sp, #24]\n"              \
    "ldr r5, [sp, #32]\n"              \
    "add r2, r2, r4\n"                 \
    "add r3, r3, r4\n"                 \
    "strd r2, r3, [sp, #4]\n"          \
    "cmp r5, #0\n"                     \
    "bne.w 1b\n"                       \
    "add sp, sp, #40\n"                \
    "pop {r4-r11, pc}\n"               \
    ".balign 4\n"                      \
    "9: .word 6b + 1 + 40\n"

#define DEFINE(name, codes)                                                                                   \
    __attribute__((naked)) void name(__attribute__((unused)) const tq_dot_pixels_args *args)                  \
    {                                                                                                         \
        __asm__ volatile(PIXELS(codes));                                                                      \
    }

DEFINE(tq_dot_pixels_signed_s8_dsp, CODES_SIGNED)
DEFINE(tq_dot_pixels_nonnegative_s8_dsp, CODES_NONNEGATIVE)
DEFINE(tq_dot_pixels_signed_scaled_s8_dsp, CODES_SIGNED_SCALED)
DEFINE(tq_dot_pixels_nonnegative_scaled_s8_dsp, CODES_NONNEGATIVE_SCALED)

#endif
