/* What convolutions for the vector extension share: padded rows of the image, and outputs of four pixels at a time. */
#ifndef TQ_CONV_ROWS_S8_MVE_H
#define TQ_CONV_ROWS_S8_MVE_H

#include <stdint.h>
#include <string.h>

#include "tq_conv_shape.h"
#include "tq_dot_s8_mve.h"
#include "tq_mve.h"

#if TQ_MVE

#include <arm_mve.h>

/* Where the outputs of a tile go. */
typedef struct {
    tq_dot_s8_mve_work work;
    tq_dot_s8_mve_function dot;
    int8_t *output;
    int8_t *outputs;  /* four pixels in scratch, for what does not fit `output` */
    int32_t channels; /* without those that fill up four */
    int32_t pitch;    /* with them */
} tq_tile_output;

static inline void tq_finish_tile(tq_tile_output *o, int32_t pixels)
{
    if (pixels == 4 && o->channels == o->pitch) {
        o->dot(&o->work, o->output);
    } else {
        o->dot(&o->work, o->outputs);
        for (int32_t i = 0; i < pixels; ++i) {
            memcpy(o->output + i * o->channels, o->outputs + i * o->pitch, (size_t)o->channels);
        }
    }
    o->output += pixels * o->channels;
}

/* Copies whole vectors, as many as `bytes` touch. */
static inline void tq_copy_vectors(int8_t *to, const int8_t *from, int32_t bytes)
{
    for (int32_t vectors = (bytes + 15) / 16; vectors > 0; --vectors) {
        vst1q_s8(to, vld1q_s8(from));
        to += 16;
        from += 16;
    }
}

/* Copies `bytes`, and neither reads nor writes any more. */
static inline void tq_copy_bytes(int8_t *to, const int8_t *from, int32_t bytes)
{
    const mve_pred16_t rest = vctp8q((uint32_t)bytes % 16);

    for (int32_t vectors = bytes / 16; vectors > 0; --vectors) {
        vst1q_s8(to, vld1q_s8(from));
        to += 16;
        from += 16;
    }
    vst1q_p_s8(to, vld1q_z_s8(from, rest), rest);
}

static inline void tq_fill_bytes(int8_t *to, int32_t value, int32_t bytes)
{
    const int8x16_t vector = vdupq_n_s8((int8_t)value);

    for (; bytes > 0; bytes -= 16) {
        vst1q_p_s8(to, vector, vctp8q((uint32_t)bytes));
        to += 16;
    }
}

/* Row y of the image, padded. */
static inline void tq_fetch_row(const tq_conv_shape *s, int32_t padding, int32_t row_bytes, const int8_t *image,
                                int32_t y, int8_t *row)
{
    const int32_t bytes = s->input_width * s->input_channels;
    const int32_t left = s->padding_left * s->input_channels;
    const int32_t used = bytes < row_bytes - left ? bytes : row_bytes - left;

    if (y < 0 || y >= s->input_height) {
        tq_fill_bytes(row, padding, row_bytes);
    } else {
        tq_fill_bytes(row, padding, left);
        tq_copy_bytes(row + left, image + y * bytes, used);
        tq_fill_bytes(row + left + used, padding, row_bytes - left - used);
    }
}

/* Makes `rows` those under the filters of the row of outputs y; they are those of the row before, except for y = 0. */
static inline void tq_fetch_rows(const tq_conv_shape *s, int32_t padding, int32_t row_bytes, const int8_t *image,
                                 int32_t y, int8_t *rows)
{
    const int32_t kept = y > 0 && s->stride_height < s->filter_height ? s->filter_height - s->stride_height : 0;

    tq_copy_vectors(rows, rows + s->stride_height * row_bytes, kept * row_bytes);
    for (int32_t row = kept; row < s->filter_height; ++row) {
        tq_fetch_row(s, padding, row_bytes, image, y * s->stride_height - s->padding_top + row, rows + row * row_bytes);
    }
}

#endif

#endif
