#include "tq_conv_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stdbool.h>
#include <string.h>

#include "tq_widen_dsp.h"

/* The inputs under the filter at one pixel: rows that begin `step` bytes apart. */
typedef struct {
    const int8_t *start;
    int32_t step;
} window;

static int8_t *copy(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4) {
        uint32_t word;

        memcpy(&word, from, sizeof word); /* one load, aligned or not */
        memcpy(to, &word, sizeof word);
        from += 4;
        to += 4;
    }
    while (count-- > 0) {
        *to++ = *from++;
    }
    return to;
}

static int8_t *fill(int8_t *to, uint32_t value, int32_t count)
{
    for (; count >= 4; count -= 4) {
        memcpy(to, &value, sizeof value);
        to += 4;
    }
    while (count-- > 0) {
        *to++ = (int8_t)value;
    }
    return to;
}

/* Copies the inputs under the filter at (top, left), with the padding around the image. */
static void gather(const tq_conv_dsp_geometry *g, const int8_t *image, int32_t top, int32_t left, int8_t *to)
{
    const tq_conv_shape *s = &g->shape;
    const uint32_t padding = (uint32_t)(uint8_t)g->input_zero_point * 0x01010101u;
    const int32_t channels = s->input_channels;
    const int32_t right = s->input_width - left; /* of the filter's columns, the first beyond the image */
    const int32_t first = left < 0 ? -left : 0;
    const int32_t end = right < s->filter_width ? right : s->filter_width;

    for (int32_t y = top; y < top + s->filter_height; ++y) {
        if (y < 0 || y >= s->input_height || end <= first) {
            to = fill(to, padding, s->filter_width * channels);
        } else {
            to = fill(to, padding, first * channels);
            to = copy(to, image + (y * s->input_width + left + first) * channels, (end - first) * channels);
            to = fill(to, padding, (s->filter_width - end) * channels);
        }
    }
}

/* The inputs of pixel (y, x): in the image, or, where this cannot be, gathered. */
static window window_at(const tq_conv_dsp_geometry *g, const int8_t *image, int32_t y, int32_t x, bool aligned,
                        int8_t *patch)
{
    const tq_conv_shape *s = &g->shape;
    const int32_t top = y * s->stride_height - s->padding_top;
    const int32_t left = x * s->stride_width - s->padding_left;
    const bool inside = top >= 0 && left >= 0 && top + s->filter_height <= s->input_height &&
                        left + s->filter_width <= s->input_width;

    if (aligned && inside) {
        const int32_t step = s->input_width * s->input_channels;

        return (window){image + top * step + left * s->input_channels, step};
    }
    gather(g, image, top, left, patch);
    return (window){patch, s->filter_width * s->input_channels};
}

static void dot(tq_dot_s8_dsp_args *args, const tq_dsp_channels *channels)
{
    const int32_t pairs = channels->count / 2;

    args->weights = channels->weights;
    args->weights_end = channels->weights + pairs * channels->pair_words;
    if (pairs > 0) {
        args->second_channel = 1;
        tq_dot_s8_dsp(args);
    }
    if (channels->count % 2 != 0) {
        args->weights = args->weights_end;
        args->weights_end += channels->pair_words;
        args->second_channel = 0;
        args->outputs[0] += 2 * pairs;
        args->outputs[1] += 2 * pairs;
        tq_dot_s8_dsp(args);
    }
}

void tq_convolve_dsp(const tq_conv_dsp_geometry *g, const tq_dsp_channels *channels, const int8_t *image,
                     int8_t *output, void *scratch)
{
    const tq_conv_shape *s = &g->shape;
    const bool aligned = s->input_channels % 4 == 0;
    const int32_t pixels = s->output_height * s->output_width;
    int32_t *pairs = scratch;
    int8_t *patches = (int8_t *)(pairs + 4 * g->groups);
    tq_widen_pair_dsp_args widen = {.output = pairs, .words = g->groups, .rows = 1};
    tq_dot_s8_dsp_args args = {.inputs = pairs, .groups = g->groups, .form = (int32_t)g->form};
    int32_t y = 0;
    int32_t x = 0;

    if (aligned) {
        widen.rows = s->filter_height;
        widen.words = s->filter_width * s->input_channels / 4;
    }
    output += channels->first;
    for (int32_t pixel = 0; pixel < pixels; pixel += 2) {
        window windows[2];

        for (int32_t i = 0; i < 2; ++i) {
            if (pixel + i < pixels) {
                windows[i] = window_at(g, image, y, x, aligned, patches + 4 * g->groups * i);
                args.outputs[i] = output;
                output += s->output_channels;
                ++x;
                if (x == s->output_width) {
                    x = 0;
                    ++y;
                }
            } else { /* the last one twice */
                windows[i] = windows[0];
                args.outputs[i] = args.outputs[0];
            }
        }
        widen.first = windows[0].start;
        widen.second = windows[1].start;
        widen.first_step = windows[0].step - 4 * widen.words;
        widen.second_step = windows[1].step - 4 * widen.words;
        tq_widen_pair_dsp(&widen);
        dot(&args, channels);
    }
}

#endif
