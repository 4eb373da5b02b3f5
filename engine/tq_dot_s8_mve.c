#include "tq_dot_s8_mve.h"

#include "tq_mve.h"

#if TQ_MVE

#include <stddef.h>

enum { STEPS_PER_LOOP = 4, STEP_BYTES = 14 * 4, LOOP_END_BYTES = 2 * 4 }; /* of code */

/* How 16 inputs of each of four pixels are read: the first ones to q0 to q3, further ones to q6, of which r1 is where the
 * last pixel's are. In tiles pixels follow each other, in patches they are TQ_PATCH_PITCH apart.
 */
#define TILE_BEGIN                      \
    "vldrw.32  q0, [r1, #-64]\n\t"      \
    "vldrw.32  q1, [r1, #-48]\n\t"      \
    "vldrw.32  q2, [r1, #-32]\n\t"      \
    "vldrw.32  q3, [r1, #-16]\n"
#define TILE_0 "vldrw.32  q6, [r1], #16\n\t"
#define TILE_1 TILE_0
#define TILE_2 TILE_0
#define TILE_3 TILE_0
#define PATCH_BEGIN                     \
    "vldrw.32  q0, [r1, #-184]\n\t"     \
    "vldrw.32  q1, [r1, #-128]\n\t"     \
    "vldrw.32  q2, [r1, #-72]\n\t"      \
    "vldrw.32  q3, [r1, #-16]\n"
#define PATCH_0 "vldrw.32  q6, [r1, #-168]\n\t"
#define PATCH_1 "vldrw.32  q6, [r1, #-112]\n\t"
#define PATCH_2 "vldrw.32  q6, [r1, #-56]\n\t"
#define PATCH_3 "vldrw.32  q6, [r1], #16\n\t"

_Static_assert(TQ_PATCH_PITCH == 56, "offsets of the pixels above");

/* 16 inputs of four pixels times two channels */
#define STEP(inputs)                    \
    "vldrw.32  q4, [r3], #16\n\t"       \
    inputs##_0                          \
    "vmladava.s8 r0, q4, q6\n\t"        \
    "vldrw.32  q5, [r3], #16\n\t"       \
    "vmladava.s8 r8, q5, q6\n\t"        \
    inputs##_1                          \
    "vmladava.s8 r2, q4, q6\n\t"        \
    "vmladava.s8 r10, q5, q6\n\t"       \
    inputs##_2                          \
    "vmladava.s8 r4, q4, q6\n\t"        \
    "vmladava.s8 r12, q5, q6\n\t"       \
    inputs##_3                          \
    "vmladava.s8 r6, q4, q6\n\t"        \
    "vmladava.s8 lr, q5, q6\n\t"

/* All steps for two channels; the inputs of the first step stay in q0 to q3 */
#define ROUND(loop, inputs)             \
    "vldrw.32  q4, [r3], #16\n\t"       \
    "ldrd      r1, r9, [r11]\n\t"       \
    "vmladav.s8 r0, q4, q0\n\t"         \
    "vldrw.32  q5, [r3], #16\n\t"       \
    "vmladav.s8 r2, q4, q1\n\t"         \
    "vmladav.s8 r4, q4, q2\n\t"         \
    "vmladav.s8 r6, q4, q3\n\t"         \
    "vmladav.s8 r8, q5, q0\n\t"         \
    "vmladav.s8 r10, q5, q1\n\t"        \
    "vmladav.s8 r12, q5, q2\n\t"        \
    "vmladav.s8 lr, q5, q3\n\t"         \
    "add       pc, pc, r7\n\t"          \
    "nop.n\n"                           \
    loop ":\n\t"                        \
    ".rept     4\n\t"                   \
    STEP(inputs)                        \
    ".endr\n\t"                         \
    "subs.w    r9, r9, #1\n\t"          \
    "bne.w     " loop "b\n\t"

/* All channels, four at a time; `finish` makes the codes in q4 from the 16-bit numbers in q7 and q6 */
#define ALL_CHANNELS(inputs, requantize_pair, finish) \
    "vldrw.32  q5, [r11, %[offsets]]\n\t"           \
    "ldr       r3, [r11, %[output]]\n\t"            \
    "ldr       r1, [r11]\n\t"                       \
    "vadd.i32  q5, q5, r3\n\t"                      \
    "vstrw.32  q5, [r11, %[address]]\n\t"           \
    "ldr       r7, [r11, %[skipped]]\n\t"           \
    "ldrd      r3, r5, [r11, %[weights]]\n\t"       \
    inputs##_BEGIN                                  \
    "1:\n\t"                                        \
    ROUND("2", inputs)                              \
    requantize_pair("q7")                           \
    ROUND("3", inputs)                              \
    requantize_pair("q6")                           \
    finish                                          \
    "vldrw.32  q5, [r11, %[address]]\n\t"           \
    "ldr       r9, [r11, %[end]]\n\t"               \
    "vstrw.32  q4, [q5, #4]!\n\t"                   \
    "vstrw.32  q5, [r11, %[address]]\n\t"           \
    "cmp       r5, r9\n\t"                          \
    "bne.w     1b"

#define OFFSET(member) "i"(offsetof(tq_dot_s8_mve_work, member))

void tq_dot_s8_mve_prepare(const tq_dot_s8_mve_params *p, const int8_t *inputs, tq_dot_s8_mve_work *work)
{
    const uint32_t steps = (uint32_t)p->steps - 1; /* after the first one */
    const uint32_t skipped = steps == 0 ? STEPS_PER_LOOP : -steps % STEPS_PER_LOOP;

    work->inputs = inputs;
    work->loops = (steps + STEPS_PER_LOOP - 1) / STEPS_PER_LOOP;
    work->weights = p->weights;
    work->scales = p->scales;
    work->scales_end = p->scales + 2 * p->channels;
    work->skipped = skipped * STEP_BYTES + (steps == 0 ? LOOP_END_BYTES : 0);
    for (uint32_t pixel = 0; pixel < 4; ++pixel) {
        work->offsets[pixel] = pixel * (uint32_t)p->channels - 4;
    }
    work->zero_point = p->zero_point;
    work->min = (uint8_t)p->min * UINT32_C(0x01010101);
    work->max = (uint8_t)p->max * UINT32_C(0x01010101);
}

#define DEFINE_DOT(name, inputs, requantize_pair, finish)                                                         \
    void name(tq_dot_s8_mve_work *work, int8_t *output)                                                           \
    {                                                                                                             \
        register tq_dot_s8_mve_work *w __asm__("r11") = work;                                                     \
                                                                                                                  \
        work->output = output;                                                                                    \
        __asm__ volatile(ALL_CHANNELS(inputs, requantize_pair, finish)                                            \
                         :                                                                                        \
                         : "r"(w), [skipped] OFFSET(skipped), [offsets] OFFSET(offsets), [address] OFFSET(address), \
                           [weights] OFFSET(weights), [end] OFFSET(scales_end), [zero] OFFSET(zero_point),        \
                           [limits] OFFSET(min), [output] OFFSET(output)                                           \
                         : "r7", TQ_MVE_CLOBBERS);                                                                \
    }

DEFINE_DOT(tq_dot_s8_mve, TILE, TQ_MVE_REQUANTIZE_PAIR, TQ_MVE_FINISH_FOUR)
DEFINE_DOT(tq_dot_s8_mve_relu, TILE, TQ_MVE_REQUANTIZE_PAIR_ONCE, TQ_MVE_FINISH_FOUR_ONCE)
DEFINE_DOT(tq_dot_patches_s8_mve, PATCH, TQ_MVE_REQUANTIZE_PAIR, TQ_MVE_FINISH_FOUR)
DEFINE_DOT(tq_dot_patches_s8_mve_relu, PATCH, TQ_MVE_REQUANTIZE_PAIR_ONCE, TQ_MVE_FINISH_FOUR_ONCE)

#endif
