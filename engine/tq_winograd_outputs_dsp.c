#include "tq_winograd_outputs_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

/* r0 sums, r11 scaling, r1 and r12 upper and lower row of outputs, lr pixel step, r10 bias;
 * r2, r3 outputs of the upper row, r4, r5 of the lower one; r6-r9 a column of sums
 */
#define COLUMN(offset, column, first)                       \
    "ldr " first ", [r0, #" #offset "+16*" #column "]\n"    \
    "ldr r6, [r0, #" #offset "+16*(4+" #column ")]\n"       \
    "ldr r7, [r0, #" #offset "+16*(8+" #column ")]\n"       \
    "ldr r8, [r0, #" #offset "+16*(12+" #column ")]\n"

#define SUMS(offset)           \
    COLUMN(offset, 0, "r2")    \
    "add r2, r2, r6\n"         \
    "add r2, r2, r7\n"         \
    "sub r4, r6, r7\n"         \
    "sub r4, r4, r8\n"         \
    COLUMN(offset, 1, "r3")    \
    "add r6, r6, r10\n" /* the sum at row 1 and column 1 takes part in all outputs */ \
    "add r3, r3, r6\n"         \
    "add r3, r3, r7\n"         \
    "sub r5, r6, r7\n"         \
    "sub r5, r5, r8\n"         \
    "add r2, r2, r3\n"         \
    "add r4, r4, r5\n"         \
    COLUMN(offset, 2, "r9")    \
    "add r9, r9, r6\n"         \
    "add r9, r9, r7\n"         \
    "sub r6, r6, r7\n"         \
    "sub r6, r6, r8\n"         \
    "add r2, r2, r9\n"         \
    "sub r3, r3, r9\n"         \
    "add r4, r4, r6\n"         \
    "sub r5, r5, r6\n"         \
    COLUMN(offset, 3, "r9")    \
    "add r9, r9, r6\n"         \
    "add r9, r9, r7\n"         \
    "sub r3, r3, r9\n"         \
    "sub r6, r6, r7\n"         \
    "sub r6, r6, r8\n"         \
    "sub r5, r5, r6\n"

#define NONNEGATIVE(sum)                  \
    "smmla " sum ", " sum ", r7, r8\n"    \
    "asr " sum ", " sum ", r9\n"          \
    "ssat " sum ", #8, " sum "\n"

/* ties of negative numbers go down; of four times the sum, that is 2 less */
#define SIGNED(sum)                       \
    "asr r6, " sum ", #31\n"              \
    "add r6, r8, r6, lsl #1\n"            \
    "smmla " sum ", " sum ", r7, r6\n"    \
    "asr " sum ", " sum ", r9\n"          \
    "ssat " sum ", #8, " sum "\n"

#define TILE(offset, code)     \
    SUMS(offset)               \
    "ldm r11, {r6-r9}\n"       \
    code("r2")                 \
    code("r3")                 \
    code("r4")                 \
    code("r5")                 \
    "strb r2, [r1]\n"          \
    "strb r3, [r1, lr]\n"      \
    "strb r4, [r12]\n"         \
    "strb r5, [r12, lr]\n"

#define OUTPUTS(code)                \
    "push {r4-r11, lr}\n"            \
    "mov r11, r1\n"                  \
    "mov r1, r2\n"                   \
    "add r12, r2, r3\n"              \
    "ldr lr, [sp, #36]\n"            \
    "ldr r10, [r11]\n"               \
    TILE(0, code)                    \
    "add r1, r1, lr, lsl #1\n"       \
    "add r12, r12, lr, lsl #1\n"     \
    TILE(8, code)                    \
    "add r11, r11, #16\n"            \
    "ldr r10, [r11]\n"               \
    "add r1, r1, #1\n"               \
    "add r12, r12, #1\n"             \
    TILE(12, code)                   \
    "sub r1, r1, lr, lsl #1\n"       \
    "sub r12, r12, lr, lsl #1\n"     \
    TILE(4, code)                    \
    "pop {r4-r11, pc}\n"

#define DEFINE(name, body)                                                                                     \
    __attribute__((naked)) void name(__attribute__((unused)) const int32_t *sums,                              \
                                     __attribute__((unused)) const tq_winograd_scaling *scaling,               \
                                     __attribute__((unused)) int8_t *output,                                   \
                                     __attribute__((unused)) int32_t row_step,                                 \
                                     __attribute__((unused)) int32_t pixel_step)                               \
    {                                                                                                          \
        __asm__ volatile(body);                                                                                \
    }

DEFINE(tq_winograd_outputs_dsp, OUTPUTS(NONNEGATIVE))
DEFINE(tq_winograd_outputs_signed_dsp, OUTPUTS(SIGNED))

#endif
