#include "tq_fully_connected_s8_mve.h"

#include "tq_mve.h"

#if TQ_MVE

#include <arm_mve.h>
#include <stddef.h>
#include <string.h>

/* What the assembler works on. */
typedef struct {
    const int8_t *input;
    uint32_t loops; /* of four steps; the first one begins later, at `entry` */
    const int8_t *weights;
    const int32_t *scales;
    int8_t *output;
    int8_t *output_end;
    uint32_t skipped; /* bytes of code of the first loop */
    uint32_t entry;   /* where the loop begins */
    int32_t zero_point;
    uint32_t min; /* four times */
    uint32_t max;
} work;

enum { STEPS_PER_LOOP = 4, LOOP_END_BYTES = 2 * 4 }; /* of code */

/* 16 inputs times four channels, and times eight; `op` is vmladav or vmladava */
#define STEP_OF_4(op)                \
    "vldrb.8   q4, [r1], #16\n\t"    \
    "vldrw.32  q0, [r3], #16\n\t"    \
    op " r0, q0, q4\n\t"             \
    "vldrw.32  q1, [r3], #16\n\t"    \
    op " r2, q1, q4\n\t"             \
    "vldrw.32  q2, [r3], #16\n\t"    \
    op " r4, q2, q4\n\t"             \
    "vldrw.32  q3, [r3], #16\n\t"    \
    op " r6, q3, q4\n\t"
#define STEP_OF_8(op)                \
    STEP_OF_4(op)                    \
    "vldrw.32  q0, [r3], #16\n\t"    \
    op " r8, q0, q4\n\t"             \
    "vldrw.32  q1, [r3], #16\n\t"    \
    op " r10, q1, q4\n\t"            \
    "vldrw.32  q2, [r3], #16\n\t"    \
    op " r12, q2, q4\n\t"            \
    "vldrw.32  q3, [r3], #16\n\t"    \
    op " lr, q3, q4\n\t"
enum { STEP_OF_4_BYTES = 9 * 4, STEP_OF_8_BYTES = 17 * 4 }; /* of code */

/* Sums of four channels to q5 as 32-bit numbers, and with the words of all four from [r5]! scaled */
#define SCALED(a, b, c, d)                   \
    "vmov      q5[2], q5[0], " a ", " c "\n\t" \
    "vmov      q5[3], q5[1], " b ", " d "\n\t" \
    "vldrw.32  q0, [r5], #16\n\t"            \
    "vldrw.32  q1, [r5], #16\n\t"            \
    "vshr.s32  q2, q0, #5\n\t"               \
    "vorr.i32  q0, #0xe0\n\t"                \
    "vadd.i32  q5, q5, q2\n\t"               \
    "vqrdmulh.s32 q5, q5, q1\n\t"            \
    TQ_MVE_TIES("q5", "q2")                  \
    "vrshl.s32 q5, q5, q0\n\t"

#define FINISH_4                             \
    SCALED("r0", "r2", "r4", "r6")           \
    "vqmovnb.s32 q3, q5\n\t"
#define FINISH_8                             \
    FINISH_4                                 \
    SCALED("r8", "r10", "r12", "lr")         \
    "vqmovnt.s32 q3, q5\n\t"

#define ALL_CHANNELS(step, finish, store)    \
    "ldrd      r3, r5, [r11, %[weights]]\n\t" \
    "ldr       r0, [r11, %[skipped]]\n\t"   \
    "adr.w     r1, 2f\n\t"                   \
    "add       r1, r1, r0\n\t"               \
    "orr       r1, r1, #1\n\t"               \
    "str       r1, [r11, %[entry]]\n"        \
    "1:\n\t"                                 \
    "ldrd      r1, r9, [r11]\n\t"            \
    step("vmladav.s8")                       \
    "ldr       pc, [r11, %[entry]]\n"        \
    "2:\n\t"                                 \
    ".rept     4\n\t"                        \
    step("vmladava.s8")                      \
    ".endr\n\t"                              \
    "subs.w    r9, r9, #1\n\t"               \
    "bne.w     2b\n\t"                       \
    finish                                   \
    "ldrd      r0, r2, [r11, %[zero]]\n\t"   \
    "ldr       r4, [r11, %[max]]\n\t"        \
    "ldrd      r6, r8, [r11, %[output]]\n\t" \
    "vqadd.s16 q3, q3, r0\n\t"               \
    "vqmovnb.s16 q3, q3\n\t"                 \
    "vdup.32   q0, r2\n\t"                   \
    "vmax.s8   q3, q3, q0\n\t"               \
    "vdup.32   q0, r4\n\t"                   \
    "vmin.s8   q3, q3, q0\n\t"               \
    store                                    \
    "str       r6, [r11, %[output]]\n\t"     \
    "cmp       r6, r8\n\t"                   \
    "bne.w     1b"

#define DEFINE_CHANNELS(name, step, finish, store)                                                               \
    static void name(work *channels)                                                                             \
    {                                                                                                            \
        register work *w __asm__("r11") = channels;                                                              \
                                                                                                                 \
        __asm__ volatile(ALL_CHANNELS(step, finish, store)                                                       \
                         :                                                                                       \
                         : "r"(w), [weights] "i"(offsetof(work, weights)), [skipped] "i"(offsetof(work, skipped)), \
                           [entry] "i"(offsetof(work, entry)), [zero] "i"(offsetof(work, zero_point)),           \
                           [max] "i"(offsetof(work, max)), [output] "i"(offsetof(work, output))                  \
                         : TQ_MVE_CLOBBERS);                                                                     \
    }

DEFINE_CHANNELS(four_channels, STEP_OF_4, FINISH_4, "vstrb.32  q3, [r6], #4\n\t")
DEFINE_CHANNELS(eight_channels, STEP_OF_8, FINISH_8, "vstrb.16  q3, [r6], #8\n\t")

/* One row of inputs as whole vectors. */
static const int8_t *padded(const int8_t *input, int32_t depth, int8_t *scratch)
{
    int8_t *to = scratch;

    if (depth % 16 == 0) {
        return input;
    }
    for (; depth > 0; depth -= 16) {
        vst1q_s8(to, vld1q_z_s8(input, vctp8q((uint32_t)depth)));
        input += 16;
        to += 16;
    }
    return scratch;
}

static inline void fully_connected(const tq_fully_connected_s8_mve_params *p, void (*channels)(work *w),
                                   uint32_t step_bytes, const int8_t *input, int8_t *output, int8_t *scratch)
{
    const uint32_t steps = (uint32_t)p->steps - 1; /* after the first one */
    const uint32_t skipped = steps == 0 ? STEPS_PER_LOOP : -steps % STEPS_PER_LOOP;
    const int32_t computed = (p->channels + 3) / 4 * 4;
    int8_t *const outputs = scratch + (p->depth % 16 == 0 ? 0 : 16 * p->steps);

    for (int32_t row = 0; row < p->rows; ++row) {
        int8_t *const first = computed == p->channels ? output : outputs;
        work w = {
            .input = padded(input, p->depth, scratch),
            .loops = (steps + STEPS_PER_LOOP - 1) / STEPS_PER_LOOP,
            .weights = p->weights,
            .scales = p->scales,
            .output = first,
            .output_end = first + computed,
            .skipped = skipped * step_bytes + (steps == 0 ? LOOP_END_BYTES : 0),
            .zero_point = p->output_zero_point,
            .min = (uint8_t)p->output_min * UINT32_C(0x01010101),
            .max = (uint8_t)p->output_max * UINT32_C(0x01010101),
        };

        channels(&w);
        if (computed != p->channels) {
            memcpy(output, outputs, (size_t)p->channels);
        }
        input += p->depth;
        output += p->channels;
    }
}

void tq_fully_connected_s8_mve_by_4(const tq_fully_connected_s8_mve_params *p, const int8_t *input, int8_t *output,
                                    int8_t *scratch)
{
    fully_connected(p, four_channels, STEP_OF_4_BYTES, input, output, scratch);
}

void tq_fully_connected_s8_mve_by_8(const tq_fully_connected_s8_mve_params *p, const int8_t *input, int8_t *output,
                                    int8_t *scratch)
{
    fully_connected(p, eight_channels, STEP_OF_8_BYTES, input, output, scratch);
}

#endif
