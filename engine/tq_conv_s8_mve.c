#include "tq_conv_s8_mve.h"

#include "tq_conv_rows_s8_mve.h"

#if TQ_MVE

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
                tq_copy_vectors(to, from, l.filter_row_bytes);
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
    int8_t *const patch = o->outputs + 4 * o->pitch;
    int8_t *const rows = patch + 16 * p->dot.steps + 16;
    int32_t pixels = 0; /* in the tile */

    for (int32_t y = 0; y < s->output_height; ++y) {
        int32_t x = 0;

        tq_fetch_rows(s, p->input_zero_point, p->row_bytes, image, y, rows);
        while (x < s->output_width) {
            const int32_t left = s->output_width - x;
            const int32_t count = left < 4 - pixels ? left : 4 - pixels;
            const int8_t *from = rows + x * layout.stride_bytes;
            int8_t *to = tile + 16 * pixels;

            if (layout.filter_row_bytes % 16 == 0) {
                fetch_vectors(layout, from, count, to);
            } else {
                fetch_bytes(layout, from, count, patch, to);
            }
            x += count;
            pixels += count;
            if (pixels == 4) {
                tq_finish_tile(o, pixels);
                pixels = 0;
            }
        }
    }
    if (pixels > 0) {
        tq_finish_tile(o, pixels);
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

    tq_dot_s8_mve_prepare(&p->dot, scratch + TQ_TILE_INPUTS, &o.work);
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
