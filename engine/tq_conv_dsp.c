#include "tq_conv_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "tq_widen_dsp.h"

/* The inputs under the filter at one pixel: rows that begin `step` bytes apart. */
typedef struct {
    const int8_t *start;
    int32_t step;
} window;

/* A walk over the output's pixels, row by row. */
typedef struct {
    const tq_conv_dsp_geometry *g;
    const int8_t *image;
    int32_t x;
    int32_t top; /* of the window; it may stick out of the image */
    int32_t left;
    int32_t first; /* columns [first, end) of the output have windows that do not stick out at the sides */
    int32_t end;
} walk;

static void copy_words(int8_t *to, const int8_t *from, int32_t words)
{
    for (; words > 0; --words) {
        uint32_t word;

        memcpy(&word, from, sizeof word); /* one load, aligned or not */
        memcpy(to, &word, sizeof word);
        from += 4;
        to += 4;
    }
}

static void copy_bytes(int8_t *to, const int8_t *from, int32_t count)
{
    copy_words(to, from, count / 4);
    for (int32_t i = count & ~3; i < count; ++i) {
        to[i] = from[i];
    }
}

/* Fills words, at an address that is aligned to them, with bytes of one value. */
static void fill_words(int8_t *to, int32_t value, int32_t count)
{
    uint32_t *words = (uint32_t *)(void *)to;
    const uint32_t bytes = (uint32_t)(uint8_t)value * 0x01010101u;

    for (int32_t i = 0; i < count; ++i) {
        words[i] = bytes;
    }
}

/* Copies what of a window lies in the image, and fills the rest. */
static void copy_and_pad_window(const walk *w, int8_t *to)
{
    const tq_conv_shape *s = &w->g->shape;
    const int32_t channels = s->input_channels;
    const int32_t run = s->filter_width * channels;
    const int32_t step = s->input_width * channels;
    const int32_t right = s->input_width - w->left; /* of the filter's columns, the first beyond the image */
    const int32_t first = w->left < 0 ? -w->left : 0;
    const int32_t end = right < s->filter_width ? right : s->filter_width;

    fill_words(to, w->g->input_zero_point, w->g->groups);
    if (end <= first) {
        return;
    }
    for (int32_t row = 0; row < s->filter_height; ++row) {
        const int32_t y = w->top + row;

        if (y >= 0 && y < s->input_height) {
            const int8_t *from = w->image + y * step + (w->left + first) * channels;

            copy_bytes(to + row * run + first * channels, from, (end - first) * channels);
        }
    }
}

static void next_row(walk *w)
{
    w->x = 0;
    w->left = -w->g->shape.padding_left;
    w->top += w->g->shape.stride_height;
}

/* The window of the pixel that the walk is at: in the image, or copied where it sticks out. Goes to the next pixel. */
static window next_window(walk *w, int8_t *patch)
{
    const tq_conv_shape *s = &w->g->shape;
    const int32_t step = s->input_width * s->input_channels;
    const bool inside = w->x >= w->first && w->x < w->end && w->top >= 0 &&
                        w->top + s->filter_height <= s->input_height;
    window found = {patch, s->filter_width * s->input_channels};

    if (inside) {
        found = (window){w->image + w->top * step + w->left * s->input_channels, step};
    } else {
        copy_and_pad_window(w, patch);
    }
    w->left += s->stride_width;
    if (++w->x == s->output_width) {
        next_row(w);
    }
    return found;
}

/* How many pairs of pixels from here on in this row have windows that lie in the image. */
static int32_t pairs_inside(const walk *w)
{
    const tq_conv_shape *s = &w->g->shape;

    if (w->x < w->first || w->x >= w->end || w->top < 0 || w->top + s->filter_height > s->input_height) {
        return 0;
    }
    return (w->end - w->x) / 2;
}

/* The last one of an odd number of channels. */
static void dot_last(tq_dot_s8_dsp_args args, const tq_dsp_channels *channels)
{
    args.weights = args.weights_end;
    args.weights_end += channels->pair_words;
    args.second_channel = 0;
    args.outputs[0] += channels->count - 1;
    args.outputs[1] += channels->count - 1;
    tq_dot_s8_dsp(&args);
}

static inline void dot(const tq_dot_s8_dsp_args *args, const tq_dsp_channels *channels)
{
    if (channels->count > 1) {
        tq_dot_s8_dsp(args);
    }
    if (channels->count % 2 != 0) {
        dot_last(*args, channels);
    }
}

/* 1x1 filters with stride 1: pixel after pixel. */
static void convolve_pixels(const tq_conv_shape *s, const tq_dsp_channels *channels, const int8_t *input,
                            int8_t *output, tq_widen_pair_dsp_args *widen, tq_dot_s8_dsp_args *args)
{
    const int32_t inputs = s->input_channels;
    const int32_t outputs = s->output_channels;
    const int8_t *last = input + (s->output_height * s->output_width - 1) * inputs;

    for (; input <= last; input += 2 * inputs) {
        const int32_t second = input < last; /* else the last pixel twice */

        widen->first = input;
        widen->second = input + second * inputs;
        tq_widen_pair_dsp(widen);
        args->outputs[0] = output;
        args->outputs[1] = output + second * outputs;
        dot(args, channels);
        output += 2 * outputs;
    }
}

/* Pairs of pixels whose windows lie in the image; then goes on by them. */
static void convolve_inside(walk *w, int32_t pairs, const tq_dsp_channels *channels, int8_t *output,
                            tq_widen_pair_dsp_args *widen, tq_dot_s8_dsp_args *args)
{
    const tq_conv_shape *s = &w->g->shape;
    const int32_t channel_count = s->input_channels;
    const int32_t stride = s->stride_width * channel_count;
    const int32_t step = 2 * s->output_channels;
    const int8_t *end = output + pairs * step;

    widen->first = w->image + (w->top * s->input_width + w->left) * channel_count;
    widen->second = widen->first + stride;
    widen->first_step = (s->input_width - s->filter_width) * channel_count;
    widen->second_step = widen->first_step;
    args->outputs[0] = output;
    args->outputs[1] = output + s->output_channels;
    do {
        w->g->widen(widen);
        widen->first += 2 * stride;
        widen->second += 2 * stride;
        dot(args, channels);
        args->outputs[0] += step;
        args->outputs[1] += step;
    } while (args->outputs[0] != end);
    w->left += 2 * pairs * s->stride_width;
    w->x += 2 * pairs;
    if (w->x == s->output_width) {
        next_row(w);
    }
}

static void convolve_windows(const tq_conv_dsp_geometry *g, const tq_dsp_channels *channels, const int8_t *image,
                             int8_t *output, int8_t *patches, tq_widen_pair_dsp_args *widen, tq_dot_s8_dsp_args *args)
{
    const tq_conv_shape *s = &g->shape;
    const int32_t run = s->filter_width * s->input_channels;
    const int32_t outputs = s->output_channels;
    const int8_t *last = output + (s->output_height * s->output_width - 1) * outputs;
    walk at = {
        .g = g,
        .image = image,
        .top = -s->padding_top,
        .left = -s->padding_left,
        .first = (s->padding_left + s->stride_width - 1) / s->stride_width,
        .end = (s->input_width - s->filter_width + s->padding_left) / s->stride_width + 1,
    };

    while (output <= last) {
        const bool second = output < last; /* else the last pixel twice */
        const int32_t inside = pairs_inside(&at);
        window windows[2];

        if (inside > 0) {
            convolve_inside(&at, inside, channels, output, widen, args);
            output += 2 * inside * outputs;
            continue;
        }
        windows[0] = next_window(&at, patches);
        windows[1] = second ? next_window(&at, patches + 4 * g->groups) : windows[0];
        widen->first = windows[0].start;
        widen->second = windows[1].start;
        widen->first_step = windows[0].step - run;
        widen->second_step = windows[1].step - run;
        g->widen(widen);
        args->outputs[0] = output;
        args->outputs[1] = second ? output + outputs : output;
        dot(args, channels);
        output += 2 * outputs;
    }
}

/* Copies an image with its padding; then all windows lie in it. */
static void pad_image(tq_conv_dsp_geometry *g, const int8_t *image, int8_t *to)
{
    tq_conv_shape *s = &g->shape;
    const int32_t height = (s->output_height - 1) * s->stride_height + s->filter_height;
    const int32_t width = (s->output_width - 1) * s->stride_width + s->filter_width;
    const int32_t rows = height - s->padding_top < s->input_height ? height - s->padding_top : s->input_height;
    const int32_t columns = width - s->padding_left < s->input_width ? width - s->padding_left : s->input_width;
    const int32_t channels = s->input_channels;
    int8_t *row = to + (s->padding_top * width + s->padding_left) * channels;

    fill_words(to, g->input_zero_point, (height * width * channels + 3) / 4);
    for (int32_t y = 0; y < rows; ++y) {
        copy_bytes(row, image, columns * channels);
        row += width * channels;
        image += s->input_width * channels;
    }
    s->input_height = height;
    s->input_width = width;
    s->padding_top = 0;
    s->padding_left = 0;
}

void tq_convolve_dsp(const tq_conv_dsp_geometry *g, const tq_dsp_channels *channels, const int8_t *image,
                     int8_t *output, void *scratch)
{
    const tq_conv_shape *s = &g->shape;
    const int32_t run = s->filter_width * s->input_channels;
    int8_t *patches = scratch;
    int32_t *pairs = (int32_t *)scratch + 2 * g->groups;
    const int32_t *even_end = channels->weights + channels->count / 2 * channels->pair_words;
    const tq_dot_pixels_args pixels = {
        .weights = channels->weights,
        .weights_end = even_end,
        .input = image,
        .output = output + channels->first,
        .pixels = s->output_height * s->output_width,
        .groups = g->groups,
        .channels = channels->count,
        .output_step = s->output_channels,
        .widened = pairs,
    };
    tq_widen_pair_dsp_args widen = {
        .words = run / 4,
        .rows = s->filter_height,
        .output = pairs,
        .rest = run % 4,
        .rests = {patches, patches + 4 * g->groups},
    };
    tq_dot_s8_dsp_args args = {
        .weights = channels->weights,
        .weights_end = even_end,
        .inputs = pairs,
        .second_channel = 1,
    };

    if (g->pixels != NULL) {
        g->pixels(&pixels);
        return;
    }
    tq_dot_s8_dsp_set_up(&args, g->groups, g->form);
    output += channels->first;
    if (s->filter_height == 1 && s->filter_width == 1 && s->stride_height == 1 && s->stride_width == 1 &&
        s->input_channels % 4 == 0) {
        convolve_pixels(s, channels, image, output, &widen, &args);
    } else if (g->padded != 0) {
        tq_conv_dsp_geometry padded = *g;
        int8_t *copy = (int8_t *)scratch + g->padded;

        pad_image(&padded, image, copy);
        convolve_windows(&padded, channels, copy, output, patches, &widen, &args);
    } else {
        convolve_windows(g, channels, image, output, patches, &widen, &args);
    }
}

#endif
