#include "tq_matmul_8_s8_mve.h"

#include "tq_mve.h"

#if TQ_MVE

#include <stddef.h>
#include <string.h>

enum { DEPTH = 8, PIXELS = 8 };

/* What the assembler works on. */
typedef struct {
    const int8_t *weights;
    const int32_t *scales;
    int8_t *output; /* of the first pixel */
    int8_t *output_end;
    const int8_t *input;
    int32_t zero_point;
    uint32_t min; /* four times */
    uint32_t max;
    uint16_t offsets[PIXELS]; /* of the pixels 0, 4, 1, 5, 2, 6, 3, 7 in the output */
} work;

/* Both words of the next channel's requantization: q4 and q5 to 16-bit numbers */
#define REQUANTIZE(destination)                 \
    "ldrd      r0, r2, [r5], #8\n\t"            \
    "asr       r4, r0, #5\n\t"                  \
    "vadd.i32  q4, q4, r4\n\t"                  \
    "vadd.i32  q5, q5, r4\n\t"                  \
    "vqrdmulh.s32 q4, q4, r2\n\t"               \
    "vqrdmulh.s32 q5, q5, r2\n\t"               \
    "orn       r0, r0, #31\n\t"                 \
    TQ_MVE_TIES("q4", destination)              \
    TQ_MVE_TIES("q5", destination)              \
    "vrshl.s32 q4, r0\n\t"                      \
    "vrshl.s32 q5, r0\n\t"                      \
    "vqmovnb.s32 " destination ", q4\n\t"       \
    "vqmovnt.s32 " destination ", q5\n\t"

/* The same for what TQ_MVE_REQUANTIZE_PAIR_ONCE can do */
#define REQUANTIZE_ONCE(destination)            \
    "ldrd      r0, r2, [r5], #8\n\t"            \
    "vshl.i32  q4, q4, #8\n\t"                  \
    "vshl.i32  q5, q5, #8\n\t"                  \
    "vadd.i32  q4, q4, r0\n\t"                  \
    "vadd.i32  q5, q5, r0\n\t"                  \
    "vqdmulh.s32 q4, q4, r2\n\t"                \
    "vqdmulh.s32 q5, q5, r2\n\t"                \
    "vqrshrnb.s32 " destination ", q4, #11\n\t" \
    "vqrshrnt.s32 " destination ", q5, #11\n\t"

/* Eight pixels, two in each of q0 to q3, times one channel; as 16-bit numbers in the order of the offsets above */
#define CHANNEL(requantize, destination)        \
    "vldrw.32  q4, [r3], #16\n\t"               \
    "vmladav.s8 r0, q4, q0\n\t"                 \
    "vldrw.32  q5, [r3], #16\n\t"               \
    "vmladav.s8 r2, q5, q0\n\t"                 \
    "vmladav.s8 r4, q4, q1\n\t"                 \
    "vmladav.s8 r6, q5, q1\n\t"                 \
    "vmladav.s8 r8, q4, q2\n\t"                 \
    "vmladav.s8 r10, q5, q2\n\t"                \
    "vmladav.s8 r12, q4, q3\n\t"                \
    "vmladav.s8 lr, q5, q3\n\t"                 \
    TQ_MVE_SUMS_TO_VECTORS                      \
    requantize(destination)

/* All channels, two at a time; `finish` makes the codes in q4 from the 16-bit numbers in q7 and q6 */
#define ALL_CHANNELS(requantize, finish)        \
    "ldrd      r3, r5, [r11]\n\t"               \
    "ldr       r0, [r11, %[input]]\n\t"         \
    "ldr       r1, [r11, %[output]]\n\t"        \
    "vldrb.8   q0, [r0]\n\t"                    \
    "vldrb.8   q1, [r0, #16]\n\t"               \
    "vldrb.8   q2, [r0, #32]\n\t"               \
    "vldrb.8   q3, [r0, #48]\n"                 \
    "1:\n\t"                                    \
    CHANNEL(requantize, "q7")                   \
    CHANNEL(requantize, "q6")                   \
    finish                                      \
    "vldrh.u16 q5, [r11, %[offsets]]\n\t"       \
    "ldr       r9, [r11, %[end]]\n\t"           \
    "vstrh.16  q4, [r1, q5]\n\t"                \
    "add       r1, r1, #2\n\t"                  \
    "cmp       r1, r9\n\t"                      \
    "bne.w     1b"

#define DEFINE_CHANNELS(name, requantize, finish)                                                                 \
    static void name(const work *channels)                                                                        \
    {                                                                                                             \
        register const work *w __asm__("r11") = channels;                                                         \
                                                                                                                  \
        __asm__ volatile(ALL_CHANNELS(requantize, finish)                                                         \
                         :                                                                                        \
                         : "r"(w), [input] "i"(offsetof(work, input)), [output] "i"(offsetof(work, output)),      \
                           [end] "i"(offsetof(work, output_end)), [offsets] "i"(offsetof(work, offsets)),         \
                           [zero] "i"(offsetof(work, zero_point)), [limits] "i"(offsetof(work, min))              \
                         : TQ_MVE_CLOBBERS);                                                                      \
    }

DEFINE_CHANNELS(channels_of_any, REQUANTIZE, TQ_MVE_FINISH_FOUR)
DEFINE_CHANNELS(channels_of_relu, REQUANTIZE_ONCE, TQ_MVE_FINISH_FOUR_ONCE)

static inline void matmul(const tq_matmul_8_s8_mve_params *p, void (*channels)(const work *w), const int8_t *input,
                          int8_t *output, int8_t *scratch)
{
    const int32_t rest = p->rows % PIXELS;
    work w = {
        .weights = p->weights,
        .scales = p->scales,
        .output = output,
        .input = input,
        .zero_point = p->output_zero_point,
        .min = (uint8_t)p->output_min * UINT32_C(0x01010101),
        .max = (uint8_t)p->output_max * UINT32_C(0x01010101),
    };

    for (int32_t i = 0; i < PIXELS; ++i) {
        w.offsets[i] = (uint16_t)((i / 2 + i % 2 * 4) * p->columns);
    }
    for (int32_t left = p->rows / PIXELS; left > 0; --left) {
        w.output_end = w.output + p->columns;
        channels(&w);
        w.input += PIXELS * DEPTH;
        w.output += PIXELS * p->columns;
    }
    if (rest > 0) { /* by way of scratch, so that nothing past the ends is read or written */
        int8_t *const outputs = scratch + PIXELS * DEPTH;
        int8_t *const last = w.output;

        memcpy(scratch, w.input, (size_t)(rest * DEPTH));
        w.input = scratch;
        w.output = outputs;
        w.output_end = outputs + p->columns;
        channels(&w);
        memcpy(last, outputs, (size_t)(rest * p->columns));
    }
}

void tq_matmul_8_s8_mve(const tq_matmul_8_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch)
{
    matmul(p, channels_of_any, input, output, scratch);
}

void tq_matmul_8_s8_mve_relu(const tq_matmul_8_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch)
{
    matmul(p, channels_of_relu, input, output, scratch);
}

#endif
