#include "tq_conv_s8_mve.h"

#include "tq_tile_s8_mve.h"

#if TQ_MVE

#include <stdbool.h>
#include <string.h>

/* Where the outputs of a tile go. */
typedef struct {
    tq_dot_s8_mve_work work;
    tq_dot_s8_mve_function dot;
    int8_t *output;
    int8_t *outputs;  /* four pixels in scratch, for what does not fit `output` */
    int32_t channels; /* without those that fill up four */
    int32_t pitch;    /* with them */
} tq_tile_output;

static void finish_tile(tq_tile_output *o, int32_t pixels)
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
static inline void copy_vectors(int8_t *to, const int8_t *from, int32_t bytes)
{
    for (int32_t vectors = (bytes + 15) / 16; vectors > 0; --vectors) {
        vst1q_s8(to, vld1q_s8(from));
        to += 16;
        from += 16;
    }
}

/* Copies `bytes`, and neither reads nor writes any more. */
static inline void copy_bytes(int8_t *to, const int8_t *from, int32_t bytes)
{
    const mve_pred16_t rest = vctp8q((uint32_t)bytes % 16);

    for (int32_t vectors = bytes / 16; vectors > 0; --vectors) {
        vst1q_s8(to, vld1q_s8(from));
        to += 16;
        from += 16;
    }
    vst1q_p_s8(to, vld1q_z_s8(from, rest), rest);
}

static inline void fill_bytes(int8_t *to, int32_t value, int32_t bytes)
{
    const int8x16_t vector = vdupq_n_s8((int8_t)value);

    for (; bytes > 0; bytes -= 16) {
        vst1q_p_s8(to, vector, vctp8q((uint32_t)bytes));
        to += 16;
    }
}

/* Row y of the image, padded. */
static void fetch_row(const tq_conv_s8_mve_params *p, const int8_t *image, int32_t y, int8_t *row)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t bytes = s->input_width * s->input_channels;
    const int32_t left = s->padding_left * s->input_channels;
    const int32_t used = bytes < p->row_bytes - left ? bytes : p->row_bytes - left;

    if (y < 0 || y >= s->input_height) {
        fill_bytes(row, p->input_zero_point, p->row_bytes);
    } else {
        fill_bytes(row, p->input_zero_point, left);
        copy_bytes(row + left, image + y * bytes, used);
        fill_bytes(row + left + used, p->input_zero_point, p->row_bytes - left - used);
    }
}

/* Makes `rows` those under the filters of the row of outputs y; they are those of the row before, except for y = 0. */
static void fetch_rows(const tq_conv_s8_mve_params *p, const int8_t *image, int32_t y, int8_t *rows)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t kept = y > 0 && s->stride_height < s->filter_height ? s->filter_height - s->stride_height : 0;

    copy_vectors(rows, rows + s->stride_height * p->row_bytes, kept * p->row_bytes);
    for (int32_t row = kept; row < s->filter_height; ++row) {
        fetch_row(p, image, y * s->stride_height - s->padding_top + row, rows + row * p->row_bytes);
    }
}

/* Four small patches side by side; a vector may be written past the end of each. */
enum { PATCH_PITCH = 64, PATCH_BYTES = PATCH_PITCH - 15 };

/* How the inputs under a filter lie in padded rows. */
typedef struct {
    int32_t filter_rows;
    int32_t filter_row_bytes;
    int32_t row_bytes;
    int32_t stride_bytes;
    int32_t steps; /* of a tile */
} tq_patch_layout;

/* Puts the inputs under `pixels` filters into a tile; a filter's row is made of whole vectors. */
static inline void fetch_vectors(tq_patch_layout l, const int8_t *rows, int32_t pixels, int8_t *tile)
{
    const int32_t vectors = l.filter_row_bytes / 16;

    for (; pixels > 0; --pixels) {
        const int8_t *row = rows;
        int8_t *to = tile;

        for (int32_t y = l.filter_rows; y > 0; --y) {
            const int8_t *from = row;

            for (int32_t i = vectors; i > 0; --i) {
                vst1q_s8(to, vld1q_s8(from));
                from += 16;
                to += 64;
            }
            row += l.row_bytes;
        }
        rows += l.stride_bytes;
        tile += 16;
    }
}

/* The same for four filters with rows of at most 16 bytes and PATCH_BYTES altogether, by way of `patch`. */
static inline void fetch_four(tq_patch_layout l, const int8_t *rows, int8_t *patch, int8_t *tile)
{
    int8_t *to = patch;

    for (int32_t y = l.filter_rows; y > 0; --y) {
        const int8_t *from = rows;

        vst1q_s8(to, vld1q_s8(from));
        from += l.stride_bytes;
        vst1q_s8(to + PATCH_PITCH, vld1q_s8(from));
        from += l.stride_bytes;
        vst1q_s8(to + 2 * PATCH_PITCH, vld1q_s8(from));
        from += l.stride_bytes;
        vst1q_s8(to + 3 * PATCH_PITCH, vld1q_s8(from));
        rows += l.row_bytes;
        to += l.filter_row_bytes;
    }
    for (int32_t step = l.steps; step > 0; --step) {
        vst1q_s8(tile, vld1q_s8(patch));
        vst1q_s8(tile + 16, vld1q_s8(patch + PATCH_PITCH));
        vst1q_s8(tile + 32, vld1q_s8(patch + 2 * PATCH_PITCH));
        vst1q_s8(tile + 48, vld1q_s8(patch + 3 * PATCH_PITCH));
        patch += 16;
        tile += 64;
    }
}

/* The same for rows of any length. */
static inline void fetch_bytes(tq_patch_layout l, const int8_t *rows, int32_t pixels, int8_t *patch, int8_t *tile)
{
    for (; pixels > 0; --pixels) {
        const int8_t *from = rows;
        int8_t *to = patch;

        if (l.filter_row_bytes <= 16) {
            for (int32_t y = l.filter_rows; y > 0; --y) {
                vst1q_s8(to, vld1q_s8(from));
                from += l.row_bytes;
                to += l.filter_row_bytes;
            }
        } else {
            for (int32_t y = l.filter_rows; y > 0; --y) {
                copy_vectors(to, from, l.filter_row_bytes);
                from += l.row_bytes;
                to += l.filter_row_bytes;
            }
        }
        from = patch;
        to = tile;
        for (int32_t step = l.steps; step > 0; --step) {
            vst1q_s8(to, vld1q_s8(from));
            from += 16;
            to += 64;
        }
        rows += l.stride_bytes;
        tile += 16;
    }
}

static void conv_image(const tq_conv_s8_mve_params *p, const int8_t *image, int8_t *tile, tq_tile_output *o)
{
    const tq_conv_shape *s = &p->shape;
    const tq_patch_layout layout = {
        .filter_rows = s->filter_height,
        .filter_row_bytes = s->filter_width * s->input_channels,
        .row_bytes = p->row_bytes,
        .stride_bytes = s->stride_width * s->input_channels,
        .steps = p->dot.steps,
    };
    const bool small =
        layout.filter_row_bytes <= 16 && layout.filter_rows * layout.filter_row_bytes <= PATCH_BYTES;
    int8_t *const patch = o->outputs + 4 * o->pitch;
    int8_t *const rows = patch + 4 * PATCH_PITCH + 16 * p->dot.steps;
    int32_t pixels = 0; /* in the tile */

    for (int32_t y = 0; y < s->output_height; ++y) {
        int32_t x = 0;

        fetch_rows(p, image, y, rows);
        while (x < s->output_width) {
            const int32_t left = s->output_width - x;
            const int32_t count = left < 4 - pixels ? left : 4 - pixels;
            const int8_t *from = rows + x * layout.stride_bytes;
            int8_t *to = tile + 16 * pixels;

            if (layout.filter_row_bytes % 16 == 0) {
                fetch_vectors(layout, from, count, to);
            } else if (small && count == 4) {
                fetch_four(layout, from, patch, to);
            } else {
                fetch_bytes(layout, from, count, patch, to);
            }
            x += count;
            pixels += count;
            if (pixels == 4) {
                finish_tile(o, pixels);
                pixels = 0;
            }
        }
    }
    if (pixels > 0) {
        finish_tile(o, pixels);
    }
}

static inline void conv(const tq_conv_s8_mve_params *p, tq_dot_s8_mve_function dot, const int8_t *input,
                        int8_t *output, int8_t *scratch)
{
    const tq_conv_shape *s = &p->shape;
    tq_tile_output o = {
        .dot = dot,
        .output = output,
        .outputs = scratch + 64 * p->dot.steps,
        .channels = s->output_channels,
        .pitch = p->dot.channels,
    };

    tq_dot_s8_mve_prepare(&p->dot, scratch, &o.work);
    for (int32_t batch = 0; batch < s->batches; ++batch) {
        conv_image(p, input, scratch, &o);
        input += s->input_height * s->input_width * s->input_channels;
    }
}

void tq_conv_s8_mve(const tq_conv_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch)
{
    conv(p, tq_dot_s8_mve, input, output, scratch);
}

void tq_conv_s8_mve_relu(const tq_conv_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch)
{
    conv(p, tq_dot_s8_mve_relu, input, output, scratch);
}

#endif
