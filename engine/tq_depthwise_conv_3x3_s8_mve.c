#include "tq_depthwise_conv_3x3_s8_mve.h"

#include "tq_mve.h"

#if TQ_MVE

#include <arm_mve.h>
#include <stdbool.h>
#include <stddef.h>

enum { GROUP = 16, COLUMN_BYTES = GROUP * 4 }; /* channels in scratch at once, and what they take for each column */
enum { NO_OUTPUT = 0x8000 };

/* What the assembler works on. */
typedef struct {
    const int16_t *offsets; /* of outputs, vectors of 8; negative where there is none */
    int32_t vectors;
    const int32_t *filters;
    int8_t *output; /* of the first channel */
    int8_t *output_end;
    int32_t to_next_channel;  /* from the address after the last gather to that before the first one */
    uint32_t addresses[4]; /* of the first gather, less the distance of two columns */
    int32_t zero_point;
    uint32_t min; /* four times */
    uint32_t max;
} work;

/* 2x2 outputs: a gather of 4x4 inputs, with the filter at its four places in q0 to q3 */
#define FOUR_BY_1(q)                           \
    "vldrw.u32 " q ", [q7, #128]!\n\t"         \
    "vmladav.s8 r0, " q ", q0\n\t"             \
    "vmladav.s8 r2, " q ", q1\n\t"             \
    "vmladav.s8 r4, " q ", q2\n\t"             \
    "vmladav.s8 r6, " q ", q3\n\t"

/* Four outputs of a row: a gather for each, two columns apart */
#define FOUR_BY_2(q)                           \
    "vldrw.u32 " q ", [q7, #128]!\n\t"         \
    "vmladav.s8 r0, " q ", q0\n\t"             \
    "vldrw.u32 " q ", [q7, #128]!\n\t"         \
    "vmladav.s8 r2, " q ", q0\n\t"             \
    "vldrw.u32 " q ", [q7, #128]!\n\t"         \
    "vmladav.s8 r4, " q ", q0\n\t"             \
    "vldrw.u32 " q ", [q7, #128]!\n\t"         \
    "vmladav.s8 r6, " q ", q0\n\t"

#define COLLECT(q)                             \
    "vmov      " q "[2], " q "[0], r0, r4\n\t" \
    "vmov      " q "[3], " q "[1], r2, r6\n\t"

/* The filter moved by one column, by one row, and by both */
#define PLACES_BY_1                            \
    "vmov      q1, q0\n\t"                     \
    "vshlc     q1, r0, #32\n\t"                \
    "vshl.i32  q2, q0, #8\n\t"                 \
    "vshl.i32  q3, q1, #8\n\t"
#define PLACES_BY_2

/* Channels from r1 to the end; `finish` makes the codes in q4 from the 16-bit numbers there */
#define ALL_CHANNELS(places, four, ties, finish)    \
    "ldrd      r3, r1, [r11, %[filters]]\n\t"       \
    "ldr       r9, [r11, %[zero]]\n\t"              \
    "vldrw.32  q7, [r11, %[addresses]]\n"           \
    "1:\n\t"                                        \
    "vldrw.32  q0, [r3], #12\n\t"                   \
    "mov       r0, #0\n\t"                          \
    "vmov.32   q0[3], r0\n\t"                       \
    places                                          \
    "ldrd      r8, r10, [r3], #8\n\t"               \
    "ldrd      r5, lr, [r11]\n\t"                   \
    "orn       r12, r8, #31\n\t"                    \
    "asr       r8, r8, #5\n\t"                      \
    "dls       lr, lr\n"                            \
    "2:\n\t"                                        \
    four("q4") COLLECT("q4")                        \
    four("q5") COLLECT("q5")                        \
    "vadd.i32  q4, q4, r8\n\t"                      \
    "vadd.i32  q5, q5, r8\n\t"                      \
    "vqrdmulh.s32 q4, q4, r10\n\t"                  \
    "vqrdmulh.s32 q5, q5, r10\n\t"                  \
    ties("q4", "q6")                                \
    ties("q5", "q6")                                \
    "vrshl.s32 q4, r12\n\t"                         \
    "vrshl.s32 q5, r12\n\t"                         \
    "vldrh.u16 q6, [r5], #16\n\t"                   \
    "vqmovnb.s32 q4, q4\n\t"                        \
    "vqmovnt.s32 q4, q5\n\t"                        \
    finish                                          \
    "vpt.s16   ge, q6, zr\n\t"                      \
    "vstrbt.16 q4, [r1, q6]\n\t"                    \
    "le        lr, 2b\n\t"                          \
    "ldrd      r0, r2, [r11, %[end]]\n\t"           \
    "add       r1, r1, #1\n\t"                      \
    "vadd.i32  q7, q7, r2\n\t"                      \
    "cmp       r1, r0\n\t"                          \
    "bne.w     1b"

#define FINISH_RELU                            \
    "vqmovunb.s16 q4, q4\n\t"                  \
    "vadd.i16  q4, q4, r9\n\t"

#define FINISH                                 \
    "ldrd      r0, r2, [r11, %[limits]]\n\t"   \
    "vqadd.s16 q4, q4, r9\n\t"                 \
    "vqmovnb.s16 q4, q4\n\t"                   \
    "vdup.32   q5, r0\n\t"                     \
    "vmax.s8   q4, q4, q5\n\t"                 \
    "vdup.32   q5, r2\n\t"                     \
    "vmin.s8   q4, q4, q5\n\t"

#define DEFINE_FILTER(name, places, four, ties, finish)                                                               \
    static void name(const work *channels)                                                                            \
    {                                                                                                                 \
        register const work *w __asm__("r11") = channels;                                                             \
                                                                                                                      \
        __asm__ volatile(ALL_CHANNELS(places, four, ties, finish)                                                     \
                         :                                                                                            \
                         : "r"(w), [filters] "i"(offsetof(work, filters)), [zero] "i"(offsetof(work, zero_point)),     \
                           [addresses] "i"(offsetof(work, addresses)), [end] "i"(offsetof(work, output_end)),         \
                           [limits] "i"(offsetof(work, min))                                                          \
                         : TQ_MVE_CLOBBERS);                                                                          \
    }

DEFINE_FILTER(filter_by_1, PLACES_BY_1, FOUR_BY_1, TQ_MVE_TIES, FINISH)
DEFINE_FILTER(filter_by_2, PLACES_BY_2, FOUR_BY_2, TQ_MVE_TIES, FINISH)
DEFINE_FILTER(filter_by_1_relu, PLACES_BY_1, FOUR_BY_1, TQ_MVE_NO_TIES, FINISH_RELU)
DEFINE_FILTER(filter_by_2_relu, PLACES_BY_2, FOUR_BY_2, TQ_MVE_NO_TIES, FINISH_RELU)

/* One row of an image, or padding. */
typedef struct {
    const int8_t *at;
    int32_t step; /* from column to column */
} row;

static row row_at(const tq_conv_shape *s, const int8_t *image, int32_t y, int32_t channel, const int8_t *padding)
{
    if (y < 0 || y >= s->input_height) {
        return (row){padding, 0};
    }
    return (row){image + y * s->input_width * s->input_channels + channel, s->input_channels};
}

/* Four rows, and where they are to be interleaved. */
typedef struct {
    row rows[4];
    int8_t *strip;
    int32_t columns;
} interleaving;

/* Interleaves 16 channels of the next columns, at least one, and moves on. */
static inline void interleave_columns(interleaving *next)
{
    register interleaving *w __asm__("r11") = next;

    __asm__ volatile("ldm       r11, {r0, r1, r2, r3, r4, r5, r6, r8}\n\t"
                     "ldrd      r9, r10, [r11, %[strip]]\n\t"
                     "dls       lr, r10\n"
                     "1:\n\t"
                     "vldrb.8   q0, [r0]\n\t"
                     "vldrb.8   q1, [r2]\n\t"
                     "vldrb.8   q2, [r4]\n\t"
                     "vldrb.8   q3, [r6]\n\t"
                     "add       r0, r0, r1\n\t"
                     "vst40.8   {q0, q1, q2, q3}, [r9]\n\t"
                     "add       r2, r2, r3\n\t"
                     "vst41.8   {q0, q1, q2, q3}, [r9]\n\t"
                     "add       r4, r4, r5\n\t"
                     "vst42.8   {q0, q1, q2, q3}, [r9]\n\t"
                     "add       r6, r6, r8\n\t"
                     "vst43.8   {q0, q1, q2, q3}, [r9]!\n\t"
                     "le        lr, 1b\n\t"
                     "stm       r11, {r0, r1, r2, r3, r4, r5, r6, r8}\n\t"
                     "str       r9, [r11, %[strip]]"
                     :
                     : "r"(w), [strip] "i"(offsetof(interleaving, strip))
                     : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "lr", "q0", "q1", "q2", "q3",
                       "memory");
}

/* Interleaves up to 16 channels of four rows, from the row `top` on. */
static void interleave(const tq_conv_shape *s, const int8_t *image, int32_t top, int32_t first_channel,
                       const int8_t *padding, int8_t *strip)
{
    const int32_t channels = s->input_channels - first_channel;
    /* whole vectors are read as long as that does not go past the end of the row */
    const int32_t last = channels >= GROUP ? 0 : (GROUP - channels + s->input_channels - 1) / s->input_channels;
    int32_t rest = last < s->input_width ? last : s->input_width;
    interleaving next = {.strip = strip, .columns = s->input_width - rest};
    row *const rows = next.rows;

    for (int32_t i = 0; i < 4; ++i) {
        rows[i] = row_at(s, image, top + i, first_channel, padding);
    }
    if (next.columns > 0) {
        interleave_columns(&next);
    }
    for (; rest > 0; --rest) {
        const mve_pred16_t lanes = vctp8q((uint32_t)channels);
        int8x16x4_t columns;

        columns.val[0] = vld1q_z_s8(rows[0].at, lanes);
        columns.val[1] = vld1q_z_s8(rows[1].at, lanes);
        columns.val[2] = vld1q_z_s8(rows[2].at, lanes);
        columns.val[3] = vld1q_z_s8(rows[3].at, lanes);
        vst4q_s8(next.strip, columns);
        for (int32_t i = 0; i < 4; ++i) {
            rows[i].at += rows[i].step;
        }
        next.strip += COLUMN_BYTES;
    }
}

/* Where the outputs of one channel go, in the order in which they are computed, if `rows` rows are left; from the strip
 * `strip` on.
 */
static void set_offsets(const tq_depthwise_conv_3x3_s8_mve_params *p, int32_t stride, int32_t rows, int32_t strip,
                        int32_t vectors, uint16_t *offsets)
{
    const int32_t pixel = p->shape.output_channels;
    const int32_t columns = p->shape.output_width;
    const int32_t row_bytes = columns * pixel;
    const int32_t side = stride == 1 ? 2 : 1;  /* of the square of outputs that is computed at once */
    const int32_t outputs = side * side;
    const int32_t end = 8 * vectors / outputs; /* squares */
    const int32_t in_strip = p->pitch / 2;

    for (int32_t square = strip * in_strip; square < end; ++strip) {
        const int32_t strip_end = square + in_strip < end ? square + in_strip : end;
        const int32_t y = strip * side;
        int32_t first = y * row_bytes;

        for (int32_t left = columns; square < strip_end; ++square) {
            const int32_t output = square * outputs;
            /* lanes of two fours alternate */
            uint16_t *const lane = offsets + output / 8 * 8 + output % 8 / 4 + output % 4 * 2;
            const bool inside = y < rows && left > 0;

            lane[0] = inside ? (uint16_t)first : NO_OUTPUT;
            if (stride == 1) {
                const bool right = inside && left > 1;
                const bool below = y + 1 < rows;

                lane[2] = right ? (uint16_t)(first + pixel) : NO_OUTPUT;
                lane[4] = inside && below ? (uint16_t)(first + row_bytes) : NO_OUTPUT;
                lane[6] = right && below ? (uint16_t)(first + row_bytes + pixel) : NO_OUTPUT;
            }
            first += side * pixel;
            left -= side;
        }
    }
}

/* Fills whole vectors. */
static void fill(int8_t *to, int32_t value, int32_t bytes)
{
    const int8x16_t vector = vdupq_n_s8((int8_t)value);

    for (int32_t vectors = bytes / 16; vectors > 0; --vectors) {
        vst1q_s8(to, vector);
        to += 16;
    }
}

typedef struct {
    void (*filter)(const work *channels);
    int32_t stride;
    bool relu;
} variant;

static void filter_band(const tq_depthwise_conv_3x3_s8_mve_params *p, variant v, const int8_t *image, int32_t y,
                        int32_t band_strips, const int8_t *padding, int8_t *output, work *w, int8_t *strips)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t strip_rows = v.stride == 1 ? 2 : 1;

    for (int32_t channel = 0; channel < s->output_channels; channel += GROUP) {
        const int32_t left = s->output_channels - channel;

        for (int32_t i = 0; i < band_strips; ++i) {
            const int32_t top = (y + i * strip_rows) * v.stride - s->padding_top;

            interleave(s, image, top, channel, padding, strips + (i * p->pitch + s->padding_left) * COLUMN_BYTES);
        }
        w->filters = p->filters + 5 * channel;
        w->output = output + channel;
        w->output_end = w->output + (left < GROUP ? left : GROUP);
        v.filter(w);
    }
}

static void depthwise(const tq_depthwise_conv_3x3_s8_mve_params *p, variant v, const int8_t *input, int8_t *output,
                      int8_t *scratch)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t strip_rows = v.stride == 1 ? 2 : 1;
    const int32_t band_rows = p->strips * strip_rows;
    const int32_t vectors = TQ_DEPTHWISE_CONV_3X3_S8_MVE_VECTORS(p->strips, p->pitch, v.stride);
    const int32_t gathers = v.stride == 1 ? 2 : 8; /* for a vector of outputs */
    uint16_t *const offsets = (uint16_t *)(void *)scratch;
    int8_t *const strips = scratch + 16 * vectors;
    int32_t offset_rows = 0;
    int8_t padding[16];
    work w = {
        .offsets = (const int16_t *)(const void *)offsets,
        .zero_point = v.relu ? 128 : p->output_zero_point,
        .min = (uint8_t)p->output_min * UINT32_C(0x01010101),
        .max = (uint8_t)p->output_max * UINT32_C(0x01010101),
    };

    fill(padding, p->input_zero_point, sizeof padding);
    fill(strips, p->input_zero_point, (vectors * gathers + 1) * 2 * COLUMN_BYTES);
    for (uint32_t i = 0; i < 4; ++i) {
        w.addresses[i] = (uint32_t)strips + (i - 2) * COLUMN_BYTES;
    }
    for (int32_t batch = 0; batch < s->batches; ++batch) {
        for (int32_t y = 0; y < s->output_height; y += band_rows) {
            const int32_t left = s->output_height - y;
            const int32_t rows = left < band_rows ? left : band_rows;
            const int32_t band_strips = (rows + strip_rows - 1) / strip_rows;

            if (rows != offset_rows) {
                const int32_t same_rows = rows < offset_rows ? rows : offset_rows;

                set_offsets(p, v.stride, rows, same_rows / strip_rows, vectors, offsets);
                offset_rows = rows;
                w.vectors = TQ_DEPTHWISE_CONV_3X3_S8_MVE_VECTORS(band_strips, p->pitch, v.stride);
                w.to_next_channel = 4 - w.vectors * gathers * 2 * COLUMN_BYTES;
            }
            filter_band(p, v, input, y, band_strips, padding, output, &w, strips);
            output += rows * s->output_width * s->output_channels;
        }
        input += s->input_height * s->input_width * s->input_channels;
    }
}

void tq_depthwise_conv_3x3_s8_mve(const tq_depthwise_conv_3x3_s8_mve_params *p, const int8_t *input, int8_t *output,
                                  int8_t *scratch)
{
    depthwise(p, (variant){filter_by_1, 1, false}, input, output, scratch);
}

void tq_depthwise_conv_3x3_s8_mve_by_2(const tq_depthwise_conv_3x3_s8_mve_params *p, const int8_t *input,
                                       int8_t *output, int8_t *scratch)
{
    depthwise(p, (variant){filter_by_2, 2, false}, input, output, scratch);
}

void tq_depthwise_conv_3x3_s8_mve_relu(const tq_depthwise_conv_3x3_s8_mve_params *p, const int8_t *input,
                                       int8_t *output, int8_t *scratch)
{
    depthwise(p, (variant){filter_by_1_relu, 1, true}, input, output, scratch);
}

void tq_depthwise_conv_3x3_s8_mve_by_2_relu(const tq_depthwise_conv_3x3_s8_mve_params *p, const int8_t *input,
                                            int8_t *output, int8_t *scratch)
{
    depthwise(p, (variant){filter_by_2_relu, 2, true}, input, output, scratch);
}

#endif
