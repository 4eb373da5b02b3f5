#include "tq_conv_1x1_8_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include "tq_dot_s8_dsp.h"

_Static_assert(TQ_DSP_SHIFT == 12, "the assembler shifts by 12");

/* r0 output, r1 weights, r2-r5 inputs; r6-r9 weights, r10 bias, then the sum, r11 multiplier, r12 addend, lr shift */
#define SUM                            \
    "smlad r10, r2, r6, r10\n"         \
    "smlad r10, r3, r7, r10\n"         \
    "smlad r10, r4, r8, r10\n"         \
    "smlad r10, r5, r9, r10\n"

#define NONNEGATIVE                    \
    "ldm.w r1!, {r6-r12}\n"            \
    SUM                                \
    "smmla r10, r10, r11, r12\n"       \
    "ssat r10, #8, r10, asr #12\n"     \
    "strb.w r10, [r0], #1\n"

#define SIGNED                         \
    "ldm.w r1!, {r6-r12, lr}\n"        \
    SUM                                \
    "add.w r12, r12, r10, asr #31\n"   \
    "smmlar r10, r10, r11, r12\n"      \
    "asr.w r10, r10, lr\n"             \
    "ssat r10, #8, r10\n"              \
    "strb.w r10, [r0], #1\n"

/* Sixteen channels are unrolled; the first pass takes what channels % 16 leaves. The stack: +0 input, +4 start of the
 * weights, +8 their end, +12 end of the inputs, +16 where the first pass starts
 */
#define CONVOLVE(channel, channel_bytes, channel_words) \
    "push {r4-r11, lr}\n"              \
    "mov r4, r2\n"                     \
    "mov r5, #4*" #channel_words "\n"  \
    "mla r5, r1, r5, r2\n"             \
    "add r6, r3, r0, lsl #3\n"         \
    "ldr.w r7, 9f\n"                   \
    "sub r1, r1, #1\n"                 \
    "and r1, r1, #15\n"                \
    "add r1, r1, #1\n"                 \
    "mov r8, #" #channel_bytes "\n"    \
    "mls r7, r1, r8, r7\n"             \
    "ldr r0, [sp, #36]\n"              \
    "push {r3-r7}\n"                   \
    ".balign 4\n"                      \
    "1:\n"                             \
    "ldrd r6, r1, [sp]\n"              \
    "ldrd r3, r5, [r6], #8\n"          \
    "str r6, [sp]\n"                   \
    "sxtb16 r2, r3\n"                  \
    "sxtb16 r3, r3, ror #8\n"          \
    "sxtb16 r4, r5\n"                  \
    "sxtb16 r5, r5, ror #8\n"          \
    "ldr.w pc, [sp, #16]\n"            \
    ".balign 4\n"                      \
    "2:\n"                             \
    ".rept 16\n"                       \
    channel                            \
    ".endr\n"                          \
    "3:\n"                             \
    "ldr r6, [sp, #8]\n"               \
    "cmp r1, r6\n"                     \
    "bne.w 2b\n"                       \
    "ldr r6, [sp]\n"                   \
    "ldr r7, [sp, #12]\n"              \
    "cmp r6, r7\n"                     \
    "bne.w 1b\n"                       \
    "add sp, sp, #20\n"                \
    "pop {r4-r11, pc}\n"               \
    ".balign 4\n"                      \
    "9: .word 3b + 1\n"

#define DEFINE(name, body)                                                                                  \
    __attribute__((naked)) void name(__attribute__((unused)) int32_t pixels,                                \
                                     __attribute__((unused)) int32_t channels,                              \
                                     __attribute__((unused)) const int32_t *weights,                        \
                                     __attribute__((unused)) const int8_t *input,                           \
                                     __attribute__((unused)) int8_t *output)                                \
    {                                                                                                       \
        __asm__ volatile(body);                                                                             \
    }

DEFINE(tq_conv_1x1_8_s8_dsp, CONVOLVE(NONNEGATIVE, 32, 7))
DEFINE(tq_conv_1x1_8_signed_s8_dsp, CONVOLVE(SIGNED, 40, 8))

#endif
