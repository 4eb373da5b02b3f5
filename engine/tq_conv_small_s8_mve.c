#include "tq_conv_small_s8_mve.h"

#include "tq_conv_rows_s8_mve.h"

#if TQ_MVE

/* How the inputs under a filter lie in padded rows. */
typedef struct {
    int32_t filter_rows;
    int32_t filter_row_bytes;
    int32_t row_bytes;
    int32_t stride_bytes;
} patch_layout;

/* The inputs under `pixels` filters, one pixel after the other. */
static inline void fetch_pixels(patch_layout l, const int8_t *rows, int32_t pixels, int8_t *patch)
{
    for (; pixels > 0; --pixels) {
        const int8_t *from = rows;
        int8_t *to = patch;

        for (int32_t y = l.filter_rows; y > 0; --y) {
            vst1q_s8(to, vld1q_s8(from));
            from += l.row_bytes;
            to += l.filter_row_bytes;
        }
        rows += l.stride_bytes;
        patch += TQ_PATCH_PITCH;
    }
}

/* The same for four pixels, row by row. */
static inline void fetch_four(patch_layout l, const int8_t *rows, int8_t *patch)
{
    const int8_t *a = rows;
    const int8_t *b = a + l.stride_bytes;
    const int8_t *c = b + l.stride_bytes;
    const int8_t *d = c + l.stride_bytes;
    int8_t *to = patch + TQ_PATCH_PITCH; /* all four are in reach of an offset */

    for (int32_t y = l.filter_rows; y > 0; --y) {
        vst1q_s8(to - TQ_PATCH_PITCH, vld1q_s8(a));
        vst1q_s8(to, vld1q_s8(b));
        vst1q_s8(to + TQ_PATCH_PITCH, vld1q_s8(c));
        vst1q_s8(to + 2 * TQ_PATCH_PITCH, vld1q_s8(d));
        a += l.row_bytes;
        b += l.row_bytes;
        c += l.row_bytes;
        d += l.row_bytes;
        to += l.filter_row_bytes;
    }
}

static void conv_image(const tq_conv_small_s8_mve_params *p, const int8_t *image, int8_t *patches, tq_tile_output *o)
{
    const tq_conv_shape *s = &p->shape;
    const patch_layout layout = {
        .filter_rows = s->filter_height,
        .filter_row_bytes = s->filter_width * s->input_channels,
        .row_bytes = p->row_bytes,
        .stride_bytes = s->stride_width * s->input_channels,
    };
    int8_t *const rows = o->outputs + 4 * o->pitch;
    int32_t pixels = 0; /* in the patches */

    for (int32_t y = 0; y < s->output_height; ++y) {
        const int8_t *from = rows;
        int32_t left = s->output_width;

        tq_fetch_rows(s, p->input_zero_point, p->row_bytes, image, y, rows);
        while (left > 0) {
            const int32_t count = left < 4 - pixels ? left : 4 - pixels;

            if (count == 4) {
                fetch_four(layout, from, patches);
            } else {
                fetch_pixels(layout, from, count, patches + pixels * TQ_PATCH_PITCH);
            }
            from += count * layout.stride_bytes;
            left -= count;
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

static inline void conv(const tq_conv_small_s8_mve_params *p, tq_dot_s8_mve_function dot, const int8_t *input,
                        int8_t *output, int8_t *scratch)
{
    const tq_conv_shape *s = &p->shape;
    tq_tile_output o = {
        .dot = dot,
        .output = output,
        .outputs = scratch + 4 * TQ_PATCH_PITCH,
        .channels = s->output_channels,
        .pitch = p->dot.channels,
    };

    tq_dot_s8_mve_prepare(&p->dot, scratch + TQ_PATCH_INPUTS, &o.work);
    for (int32_t batch = 0; batch < s->batches; ++batch) {
        conv_image(p, input, scratch, &o);
        input += s->input_height * s->input_width * s->input_channels;
    }
}

void tq_conv_small_s8_mve(const tq_conv_small_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch)
{
    conv(p, tq_dot_patches_s8_mve, input, output, scratch);
}

void tq_conv_small_s8_mve_relu(const tq_conv_small_s8_mve_params *p, const int8_t *input, int8_t *output,
                               int8_t *scratch)
{
    conv(p, tq_dot_patches_s8_mve_relu, input, output, scratch);
}

#endif
