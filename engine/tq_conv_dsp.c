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

/* A walk over the output's pixels, row by row. */
typedef struct {
    const tq_conv_dsp_geometry *g;
    const int8_t *image;
    bool in_place; /* windows in the image are aligned to words, and used where they are */
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

/* Rows of words, with the number of words known to the compiler. */
static inline void copy_rows(int8_t *to, const int8_t *from, int32_t words, int32_t rows, int32_t from_step,
                             int32_t to_step)
{
    for (; rows > 0; --rows) {
        for (int32_t i = 0; i < words; ++i) {
            uint32_t word;

            memcpy(&word, from + 4 * i, sizeof word); /* one load, aligned or not */
            memcpy(to + 4 * i, &word, sizeof word);
        }
        from += from_step;
        to += to_step;
    }
}

/* Copies a window that lies in the image with something after it; what is copied beyond a row is overwritten by the
 * next one, and beyond the last one by nothing that is read. */
static void copy_window(const tq_conv_shape *s, const int8_t *from, int8_t *to)
{
    const int32_t run = s->filter_width * s->input_channels;
    const int32_t step = s->input_width * s->input_channels;

    switch ((run + 3) / 4) {
    case 1:
        copy_rows(to, from, 1, s->filter_height, step, run);
        break;
    case 2:
        copy_rows(to, from, 2, s->filter_height, step, run);
        break;
    case 3:
        copy_rows(to, from, 3, s->filter_height, step, run);
        break;
    default:
        copy_rows(to, from, (run + 3) / 4, s->filter_height, step, run);
        break;
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
    const uint32_t padding = (uint32_t)(uint8_t)w->g->input_zero_point * 0x01010101u;
    uint32_t *words = (uint32_t *)(void *)to; /* patches are aligned */

    for (int32_t i = 0; i < w->g->groups; ++i) {
        words[i] = padding;
    }
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

/* The window of the pixel that the walk is at: in the image, or, where this cannot be, copied. Goes to the next pixel. */
static window next_window(walk *w, int8_t *patch)
{
    const tq_conv_shape *s = &w->g->shape;
    const int32_t step = s->input_width * s->input_channels;
    const bool inside = w->x >= w->first && w->x < w->end && w->top >= 0 &&
                        w->top + s->filter_height <= s->input_height;
    window found = {patch, s->filter_width * s->input_channels};

    if (inside && w->in_place) {
        found = (window){w->image + w->top * step + w->left * s->input_channels, step};
    } else if (inside && w->top + s->filter_height < s->input_height) {
        copy_window(s, w->image + w->top * step + w->left * s->input_channels, patch);
    } else {
        copy_and_pad_window(w, patch);
    }
    w->left += s->stride_width;
    if (++w->x == s->output_width) {
        next_row(w);
    }
    return found;
}

/* Both windows of two pixels, if they lie in the image; then goes on by two pixels. */
static bool next_windows(walk *w, int8_t *patches, window found[2])
{
    const tq_conv_shape *s = &w->g->shape;
    const int32_t step = s->input_width * s->input_channels;
    const int32_t bottom = w->top + s->filter_height;
    const int8_t *first = w->image + w->top * step + w->left * s->input_channels;
    const int8_t *second = first + s->stride_width * s->input_channels;

    if (w->x < w->first || w->x + 2 > w->end || w->top < 0) {
        return false;
    }
    if (w->in_place && bottom <= s->input_height) {
        found[0] = (window){first, step};
        found[1] = (window){second, step};
    } else if (!w->in_place && bottom < s->input_height) {
        int8_t *patch = patches + 4 * w->g->groups;

        copy_window(s, first, patches);
        copy_window(s, second, patch);
        found[0] = (window){patches, 0};
        found[1] = (window){patch, 0};
    } else {
        return false;
    }
    w->left += 2 * s->stride_width;
    w->x += 2;
    if (w->x == s->output_width) {
        next_row(w);
    }
    return true;
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

static void convolve_windows(const tq_conv_dsp_geometry *g, const tq_dsp_channels *channels, const int8_t *image,
                             int8_t *output, int8_t *patches, tq_widen_pair_dsp_args *widen, tq_dot_s8_dsp_args *args)
{
    const tq_conv_shape *s = &g->shape;
    const int32_t outputs = s->output_channels;
    const int8_t *last = output + (s->output_height * s->output_width - 1) * outputs;
    walk at = {
        .g = g,
        .image = image,
        .in_place = s->input_channels % 4 == 0,
        .top = -s->padding_top,
        .left = -s->padding_left,
        .first = (s->padding_left + s->stride_width - 1) / s->stride_width,
        .end = (s->input_width - s->filter_width + s->padding_left) / s->stride_width + 1,
    };

    for (; output <= last; output += 2 * outputs) {
        const bool second = output < last; /* else the last pixel twice */
        window windows[2];

        if (!second || !next_windows(&at, patches, windows)) {
            windows[0] = next_window(&at, patches);
            windows[1] = second ? next_window(&at, patches + 4 * g->groups) : windows[0];
        }
        widen->first = windows[0].start;
        widen->second = windows[1].start;
        widen->first_step = windows[0].step - 4 * widen->words;
        widen->second_step = windows[1].step - 4 * widen->words;
        tq_widen_pair_dsp(widen);
        args->outputs[0] = output;
        args->outputs[1] = second ? output + outputs : output;
        dot(args, channels);
    }
}

void tq_convolve_dsp(const tq_conv_dsp_geometry *g, const tq_dsp_channels *channels, const int8_t *image,
                     int8_t *output, void *scratch)
{
    const tq_conv_shape *s = &g->shape;
    const bool aligned = s->input_channels % 4 == 0;
    int8_t *patches = scratch;
    int32_t *pairs = (int32_t *)scratch + 2 * g->groups;
    tq_widen_pair_dsp_args widen = {
        .words = aligned ? s->filter_width * s->input_channels / 4 : g->groups,
        .rows = aligned ? s->filter_height : 1,
        .output = pairs,
    };
    tq_dot_s8_dsp_args args = {.inputs = pairs};

    tq_dot_s8_dsp_set_up(&args, g->groups, g->form);
    output += channels->first;
    if (aligned && s->filter_height == 1 && s->filter_width == 1 && s->stride_height == 1 && s->stride_width == 1) {
        convolve_pixels(s, channels, image, output, &widen, &args);
    } else {
        convolve_windows(g, channels, image, output, patches, &widen, &args);
    }
}

#endif
