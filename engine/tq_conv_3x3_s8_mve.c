#include "tq_conv_3x3_s8_mve.h"

#include "tq_mve.h"

#if TQ_MVE

#include <arm_mve.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { ROWS = 3, COLUMNS = 6, VECTOR = 16 };

/* Rows of the input lie in scratch as planes of 16 channels, [row][input channel / 16][column][16], padded. */

/* What the assembler works on. */
typedef struct {
    const int8_t *columns; /* the first one, in the first plane */
    int32_t loops;         /* over planes, without the first one */
    int32_t to_next_plane; /* from the end of six columns */
    const int8_t *weights;
    const int32_t *scales;
    const int32_t *scales_end;
    uint32_t address[4]; /* of the four pixels' next outputs, less 4 */
    int32_t zero_point;
    uint32_t min; /* four times */
    uint32_t max;
    int8_t saved[16]; /* the first two of four channels */
} work;

/* Six columns times the filters of two channels, at the places of four pixels; `first` is what a filter's first column
 * does: vmladav to begin sums, vmladava to go on with them.
 */
#define SIX_COLUMNS(first)              \
    "vldrw.32  q6, [r1], #16\n\t"       \
    "vldrw.32  q0, [r3], #16\n\t"       \
    first ".s8 r0, q0, q6\n\t"          \
    "vldrw.32  q1, [r3], #16\n\t"       \
    first ".s8 r8, q1, q6\n\t"          \
    "vldrw.32  q7, [r1], #16\n\t"       \
    first ".s8 r2, q0, q7\n\t"          \
    "vldrw.32  q2, [r3], #16\n\t"       \
    "vmladava.s8 r0, q2, q7\n\t"        \
    "vldrw.32  q3, [r3], #16\n\t"       \
    "vmladava.s8 r8, q3, q7\n\t"        \
    first ".s8 r10, q1, q7\n\t"         \
    "vldrw.32  q6, [r1], #16\n\t"       \
    "vmladava.s8 r2, q2, q6\n\t"        \
    "vldrw.32  q4, [r3], #16\n\t"       \
    "vmladava.s8 r0, q4, q6\n\t"        \
    "vldrw.32  q5, [r3], #16\n\t"       \
    "vmladava.s8 r8, q5, q6\n\t"        \
    "vmladava.s8 r10, q3, q6\n\t"       \
    first ".s8 r4, q0, q6\n\t"          \
    first ".s8 r12, q1, q6\n\t"         \
    "vldrw.32  q7, [r1], #16\n\t"       \
    "vmladava.s8 r2, q4, q7\n\t"        \
    "vmladava.s8 r10, q5, q7\n\t"       \
    "vmladava.s8 r4, q2, q7\n\t"        \
    "vmladava.s8 r12, q3, q7\n\t"       \
    first ".s8 r6, q0, q7\n\t"          \
    first ".s8 lr, q1, q7\n\t"          \
    "vldrw.32  q6, [r1], #16\n\t"       \
    "vmladava.s8 r4, q4, q6\n\t"        \
    "vmladava.s8 r12, q5, q6\n\t"       \
    "vldrw.32  q7, [r1], #16\n\t"       \
    "vmladava.s8 r6, q2, q6\n\t"        \
    "vmladava.s8 lr, q3, q6\n\t"        \
    "vmladava.s8 r6, q4, q7\n\t"        \
    "add       r1, r1, r7\n\t"          \
    "vmladava.s8 lr, q5, q7\n\t"

#define ROUND(loop, requantize_pair)    \
    "ldrd      r1, r9, [r11]\n\t"       \
    SIX_COLUMNS("vmladav")              \
    loop ":\n\t"                        \
    SIX_COLUMNS("vmladava")             \
    "subs.w    r9, r9, #1\n\t"          \
    "bne.w     " loop "b\n\t"           \
    requantize_pair("q6")

/* All channels, four at a time; `finish` makes the codes in q4 from the 16-bit numbers in q7 and q6 */
#define ALL_CHANNELS(requantize_pair, finish)       \
    "ldr       r7, [r11, %[next]]\n\t"             \
    "ldrd      r3, r5, [r11, %[weights]]\n"         \
    "1:\n\t"                                        \
    ROUND("2", requantize_pair)                     \
    "vstrw.32  q6, [r11, %[saved]]\n\t"             \
    ROUND("3", requantize_pair)                     \
    "vldrw.32  q7, [r11, %[saved]]\n\t"             \
    finish                                          \
    "vldrw.32  q5, [r11, %[address]]\n\t"           \
    "ldr       r9, [r11, %[end]]\n\t"               \
    "vstrw.32  q4, [q5, #4]!\n\t"                   \
    "vstrw.32  q5, [r11, %[address]]\n\t"           \
    "cmp       r5, r9\n\t"                          \
    "bne.w     1b"

#define DEFINE_CHANNELS(name, requantize_pair, finish)                                                              \
    static void name(work *channels)                                                                                \
    {                                                                                                               \
        register work *w __asm__("r11") = channels;                                                                 \
                                                                                                                    \
        __asm__ volatile(ALL_CHANNELS(requantize_pair, finish)                                                      \
                         :                                                                                          \
                         : "r"(w), [weights] "i"(offsetof(work, weights)), [end] "i"(offsetof(work, scales_end)),   \
                           [address] "i"(offsetof(work, address)), [saved] "i"(offsetof(work, saved)),              \
                           [zero] "i"(offsetof(work, zero_point)), [limits] "i"(offsetof(work, min)),               \
                           [next] "i"(offsetof(work, to_next_plane))                                                \
                         : "r7", TQ_MVE_CLOBBERS);                                                                  \
    }

DEFINE_CHANNELS(channels_of_any, TQ_MVE_REQUANTIZE_PAIR, TQ_MVE_FINISH_FOUR)
DEFINE_CHANNELS(channels_of_relu, TQ_MVE_REQUANTIZE_PAIR_ONCE, TQ_MVE_FINISH_FOUR_ONCE)

/* Row y of the image as planes of `columns` columns. */
static void fetch_row(const tq_conv_3x3_s8_mve_params *p, const int8_t *image, int32_t y, int8_t *planes)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t depth = s->input_channels;
    const int8x16_t padding = vdupq_n_s8((int8_t)p->input_zero_point);

    if (y < 0 || y >= s->input_height) {
        for (int32_t vectors = p->columns * depth / VECTOR; vectors > 0; --vectors) {
            vst1q_s8(planes, padding);
            planes += VECTOR;
        }
        return;
    }
    image += y * s->input_width * depth;
    for (int32_t channel = 0; channel < depth; channel += VECTOR) {
        const int8_t *from = image + channel;
        int8_t *to = planes;

        for (int32_t x = s->padding_left; x > 0; --x) {
            vst1q_s8(to, padding);
            to += VECTOR;
        }
        for (int32_t x = s->input_width; x > 0; --x) {
            vst1q_s8(to, vld1q_s8(from));
            from += depth;
            to += VECTOR;
        }
        for (int32_t x = p->columns - s->input_width - s->padding_left; x > 0; --x) {
            vst1q_s8(to, padding);
            to += VECTOR;
        }
        planes += p->columns * VECTOR;
    }
}

/* Makes `planes` the rows under the filters of the row of outputs y, from those of the row before. */
static void fetch_rows(const tq_conv_3x3_s8_mve_params *p, const int8_t *image, int32_t y, int8_t *planes)
{
    const int32_t row_bytes = p->columns * p->shape.input_channels;
    const int32_t kept = y > 0 ? ROWS - 1 : 0;
    const int8_t *from = planes + row_bytes;
    int8_t *to = planes;

    for (int32_t vectors = kept * row_bytes / VECTOR; vectors > 0; --vectors) {
        vst1q_s8(to, vld1q_s8(from));
        from += VECTOR;
        to += VECTOR;
    }
    for (int32_t row = kept; row < ROWS; ++row) {
        fetch_row(p, image, y - p->shape.padding_top + row, planes + row * row_bytes);
    }
}

static void conv_tile(const tq_conv_3x3_s8_mve_params *p, void (*channels)(work *w), work *w, int8_t *output,
                      int32_t pixels, int8_t *outputs)
{
    const bool direct = pixels == 4 && p->channels == p->shape.output_channels;
    const uint32_t first = (uint32_t)(direct ? output : outputs) - 4;

    for (uint32_t pixel = 0; pixel < 4; ++pixel) {
        w->address[pixel] = first + pixel * (uint32_t)p->channels;
    }
    channels(w);
    if (!direct) {
        for (int32_t pixel = 0; pixel < pixels; ++pixel) {
            memcpy(output, outputs, (size_t)p->shape.output_channels);
            output += p->shape.output_channels;
            outputs += p->channels;
        }
    }
}

static inline void conv(const tq_conv_3x3_s8_mve_params *p, void (*channels)(work *w), const int8_t *input,
                        int8_t *output, int8_t *scratch)
{
    const tq_conv_shape *s = &p->shape;
    int8_t *const outputs = scratch + ROWS * p->columns * s->input_channels;
    work w = {
        .loops = ROWS * s->input_channels / VECTOR - 1,
        .to_next_plane = (p->columns - COLUMNS) * VECTOR,
        .weights = p->weights,
        .scales = p->scales,
        .scales_end = p->scales + 2 * p->channels,
        .zero_point = p->output_zero_point,
        .min = (uint8_t)p->output_min * UINT32_C(0x01010101),
        .max = (uint8_t)p->output_max * UINT32_C(0x01010101),
    };

    for (int32_t batch = 0; batch < s->batches; ++batch) {
        for (int32_t y = 0; y < s->output_height; ++y) {
            fetch_rows(p, input, y, scratch);
            w.columns = scratch;
            for (int32_t left = s->output_width; left > 0; left -= 4) {
                const int32_t pixels = left < 4 ? left : 4;

                conv_tile(p, channels, &w, output, pixels, outputs);
                w.columns += 4 * VECTOR;
                output += pixels * s->output_channels;
            }
        }
        input += s->input_height * s->input_width * s->input_channels;
    }
}

void tq_conv_3x3_s8_mve(const tq_conv_3x3_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch)
{
    conv(p, channels_of_any, input, output, scratch);
}

void tq_conv_3x3_s8_mve_relu(const tq_conv_3x3_s8_mve_params *p, const int8_t *input, int8_t *output,
                             int8_t *scratch)
{
    conv(p, channels_of_relu, input, output, scratch);
}

#endif
