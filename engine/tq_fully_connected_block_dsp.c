#include "tq_fully_connected_block_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

_Static_assert(sizeof(tq_fully_connected_dsp_args) == 28, "the assembler reads seven words");

/* The stack, in both kernels: +0 inputs, +4 scaling, +8 scaling step, +12 output, +16 blocks left, +20 into the groups */

/* int8: r0 inputs, r1 weights, r2, r3 four inputs, r4-r7 weights, r8 low bytes, lr the inputs' end;
 * sums r9 (channel 0), r10 (0 and 1), r11 (2), r12 (2 and 3)
 */
#define GROUP_S8                   \
    "ldm.w r0!, {r2, r3}\n"        \
    "ldm.w r1!, {r4-r7}\n"         \
    "sxtb16 r8, r4\n"              \
    "smlad r10, r2, r4, r10\n"     \
    "smlad r9, r2, r8, r9\n"       \
    "sxtb16 r8, r5\n"              \
    "smlad r10, r3, r5, r10\n"     \
    "smlad r9, r3, r8, r9\n"       \
    "sxtb16 r8, r6\n"              \
    "smlad r12, r2, r6, r12\n"     \
    "smlad r11, r2, r8, r11\n"     \
    "sxtb16 r8, r7\n"              \
    "smlad r12, r3, r7, r12\n"     \
    "smlad r11, r3, r8, r11\n"

#define NEXT_SCALING           \
    "ldm r2, {r4-r6}\n"        \
    "add r2, r2, r3\n"

#define NONNEGATIVE(sum)                 \
    NEXT_SCALING                         \
    "smmla r4, " sum ", r4, r5\n"        \
    "asr r4, r4, r6\n"                   \
    "ssat r4, #8, r4\n"                  \
    "strb r4, [r7], #1\n"

/* sums are 256 times as large: where they are negative, 2^7 less is added */
#define SIGNED(sum)                      \
    NEXT_SCALING                         \
    "asr r8, " sum ", #31\n"             \
    "add r5, r5, r8, lsl #7\n"           \
    "smmla r4, " sum ", r4, r5\n"        \
    "asr r4, r4, r6\n"                   \
    "ssat r4, #8, r4\n"                  \
    "strb r4, [r7], #1\n"

#define SIGNED_SCALED(sum)               \
    NEXT_SCALING                         \
    "add r5, r5, " sum ", asr #31\n"     \
    "smmlar r4, " sum ", r4, r5\n"       \
    "asr r4, r4, r6\n"                   \
    "ssat r4, #8, r4\n"                  \
    "strb r4, [r7], #1\n"

#define ENTER                            \
    "push {r4-r11, lr}\n"                \
    "ldm r0, {r0-r6}\n"                  \
    "mov r7, r4\n"                       \
    "mov r4, r5\n"                       \
    "mov r5, r6\n"                       \
    "mov r6, r2\n"

/* Eight groups are unrolled; the first pass takes what groups % 8 leaves. */
#define BLOCKS_S8(code)                    \
    ENTER                                  \
    "add lr, r0, r3, lsl #3\n"             \
    "and r3, r3, #7\n"                     \
    "mov r2, #56\n"                        \
    "mul r3, r3, r2\n"                     \
    "ldr.w r8, 9f\n"                       \
    "sub r8, r8, r3\n"                     \
    "push {r0, r4-r8}\n"                   \
    "1:\n"                                 \
    "ldm.w r1!, {r9-r12}\n"                \
    "ldr.w pc, [sp, #20]\n"                \
    ".balign 4\n"                          \
    "2:\n"                                 \
    ".rept 8\n"                            \
    GROUP_S8                               \
    ".endr\n"                              \
    "3:\n"                                 \
    "cmp r0, lr\n"                         \
    "bne.w 2b\n"                           \
    "ldrd r2, r3, [sp, #4]\n"              \
    "ldr r7, [sp, #12]\n"                  \
    "sub r10, r10, r9\n"                   \
    "sub r12, r12, r11\n"                  \
    "lsl r9, r9, #8\n"                     \
    "lsl r11, r11, #8\n"                   \
    code("r9")                             \
    code("r10")                            \
    code("r11")                            \
    code("r12")                            \
    "ldr r8, [sp, #16]\n"                  \
    "ldr r0, [sp]\n"                       \
    "str r2, [sp, #4]\n"                   \
    "subs r8, r8, #1\n"                    \
    "strd r7, r8, [sp, #12]\n"             \
    "bne.w 1b\n"                           \
    "add sp, sp, #24\n"                    \
    "pop {r4-r11, pc}\n"                   \
    ".balign 4\n"                          \
    "9: .word 3b + 1\n"

/* int16: r0 inputs, r1 weights, r2-r5 eight inputs, r6-r9 weights; sums r10, r11, r12, lr */
#define CHANNEL_S16(sum)                      \
    "ldm.w r1!, {r6-r9}\n"                    \
    "smlad " sum ", r2, r6, " sum "\n"        \
    "smlad " sum ", r3, r7, " sum "\n"        \
    "smlad " sum ", r4, r8, " sum "\n"        \
    "smlad " sum ", r5, r9, " sum "\n"

#define BLOCKS_S16(code)                   \
    ENTER                                  \
    "add r9, r0, r3, lsl #3\n"             \
    "ubfx r3, r3, #1, #2\n"                \
    "mov r2, #84\n"                        \
    "mul r3, r3, r2\n"                     \
    "ldr.w r8, 9f\n"                       \
    "sub r8, r8, r3\n"                     \
    "push {r0, r4-r9}\n"                   \
    "1:\n"                                 \
    "ldm.w r1!, {r10-r12, lr}\n"           \
    "ldr.w pc, [sp, #20]\n"                \
    ".balign 4\n"                          \
    "2:\n"                                 \
    ".rept 4\n"                            \
    "ldm.w r0!, {r2-r5}\n"                 \
    CHANNEL_S16("r10")                     \
    CHANNEL_S16("r11")                     \
    CHANNEL_S16("r12")                     \
    CHANNEL_S16("lr")                      \
    ".endr\n"                              \
    "3:\n"                                 \
    "ldr r2, [sp, #24]\n"                  \
    "cmp r0, r2\n"                         \
    "bne.w 2b\n"                           \
    "ldrd r2, r3, [sp, #4]\n"              \
    "ldr r7, [sp, #12]\n"                  \
    code("r10")                            \
    code("r11")                            \
    code("r12")                            \
    code("lr")                             \
    "ldr r8, [sp, #16]\n"                  \
    "ldr r0, [sp]\n"                       \
    "str r2, [sp, #4]\n"                   \
    "subs r8, r8, #1\n"                    \
    "strd r7, r8, [sp, #12]\n"             \
    "bne.w 1b\n"                           \
    "add sp, sp, #28\n"                    \
    "pop {r4-r11, pc}\n"                   \
    ".balign 4\n"                          \
    "9: .word 3b + 1\n"

#define DEFINE(name, body)                                                                      \
    __attribute__((naked)) void name(__attribute__((unused)) const tq_fully_connected_dsp_args *args) \
    {                                                                                           \
        __asm__ volatile(body);                                                                 \
    }

DEFINE(tq_fully_connected_block_s8_dsp, BLOCKS_S8(NONNEGATIVE))
DEFINE(tq_fully_connected_block_signed_s8_dsp, BLOCKS_S8(SIGNED))
DEFINE(tq_fully_connected_block_s16_dsp, BLOCKS_S16(NONNEGATIVE))
DEFINE(tq_fully_connected_block_signed_s16_dsp, BLOCKS_S16(SIGNED_SCALED))

#endif
