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
} tq_tile_output;

static void finish_tile(tq_tile_output *o, int32_t pixels)
{
    const int32_t pitch = (int32_t)o->work.pitch;

    if (pixels == 4 && o->channels == pitch) {
        o->dot(&o->work, o->output);
    } else {
        o->dot(&o->work, o->outputs);
        for (int32_t i = 0; i < pixels; ++i) {
            memcpy(o->output + i * o->channels, o->outputs + i * pitch, (size_t)o->channels);
        }
    }
    o->output += pixels * o->channels;
}

/* Copies whole vectors, as many as `bytes` touch. */
static inline void copy_vectors(int8_t *to, const int8_t *from, int32_t bytes)
{
    for (; bytes > 0; bytes -= 16) {
        vst1q_s8(to, vld1q_s8(from));
        to += 16;
        from += 16;
    }
}

/* Copies `bytes`, and neither reads nor writes any more. */
static inline void copy_bytes(int8_t *to, const int8_t *from, int32_t bytes)
{
    for (; bytes > 0; bytes -= 16) {
        const mve_pred16_t lanes = vctp8q((uint32_t)bytes);

        vst1q_p_s8(to, vld1q_z_s8(from, lanes), lanes);
        to += 16;
        from += 16;
    }
}

/* The rows under the filters of one row of outputs, padded: row y of the input is in slot y modulo filter_height. */
typedef struct {
    int8_t *slots;
    int32_t end; /* the first row that is not there yet */
} tq_row_window;

static void fetch_rows(const tq_conv_s8_mve_params *p, const int8_t *image, int32_t top, tq_row_window *rows)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t bytes = s->input_width * s->input_channels;
    const int32_t left = s->padding_left * s->input_channels;
    const int32_t used = bytes < p->row_bytes - left ? bytes : p->row_bytes - left;
    int32_t y = rows->end > top ? rows->end : top;

    for (; y < top + s->filter_height; ++y) {
        int8_t *row = rows->slots + (y + s->filter_height) % s->filter_height * p->row_bytes;

        if (y < 0 || y >= s->input_height) {
            memset(row, p->input_zero_point, (size_t)p->row_bytes);
        } else {
            memset(row, p->input_zero_point, (size_t)left);
            copy_bytes(row + left, image + y * bytes, used);
            memset(row + left + used, p->input_zero_point, (size_t)(p->row_bytes - left - used));
        }
    }
    rows->end = y;
}

/* Puts the inputs under one filter into a tile; `first` is the slot of the filter's first row. */
static inline void fetch_patch(const tq_conv_s8_mve_params *p, const int8_t *slots, int32_t first, int32_t offset,
                               int8_t *patch, int8_t *tile)
{
    const int32_t segment = p->shape.filter_width * p->shape.input_channels;
    const bool whole = segment % 16 == 0;
    const int8_t *source = slots + first * p->row_bytes + offset;
    int32_t until_first_slot = p->shape.filter_height - first;
    int8_t *end = patch;

    for (int32_t row = 0; row < p->shape.filter_height; ++row) {
        if (whole) {
            for (int32_t bytes = 0; bytes < segment; bytes += 16) {
                vst1q_s8(tile, vld1q_s8(source + bytes));
                tile += 64;
            }
        } else {
            copy_vectors(end, source, segment);
            end += segment;
        }
        source += p->row_bytes;
        if (--until_first_slot == 0) {
            source = slots + offset;
        }
    }
    if (!whole) {
        for (int32_t step = 0; step < p->dot.steps; ++step) {
            vst1q_s8(tile, vld1q_s8(patch));
            patch += 16;
            tile += 64;
        }
    }
}

static void conv_image(const tq_conv_s8_mve_params *p, const int8_t *image, int8_t *scratch, tq_tile_output *o)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t step = s->stride_width * s->input_channels;
    int8_t *const tile = scratch;
    int8_t *const patch = o->outputs + 4 * (int32_t)o->work.pitch;
    tq_row_window rows = {patch + 16 * p->dot.steps + 16, -s->padding_top};
    int32_t pixels = 0;

    for (int32_t y = 0; y < s->output_height; ++y) {
        const int32_t top = y * s->stride_height - s->padding_top;
        const int32_t first = (top + s->filter_height) % s->filter_height;

        fetch_rows(p, image, top, &rows);
        for (int32_t x = 0; x < s->output_width; ++x) {
            fetch_patch(p, rows.slots, first, x * step, patch, tile + 16 * pixels);
            if (++pixels == 4) {
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
        .dot = dot, .output = output, .outputs = scratch + 64 * p->dot.steps, .channels = s->output_channels};

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
