#include "tq_conv_paired_s8.h"

#include <stdbool.h>

enum { CODES_TO_UNSIGNED = 0x00800080 }; /* exclusive or: code + 128 in both halves */

/* Where the filter is for one output pixel. */
typedef struct {
    const int8_t *image;
    int32_t output_y;
    int32_t output_x;
} position;

/* Words that are made from two pixels, and the sums of their codes, modulo 2^32 and of upper halves. */
typedef struct {
    uint32_t *next;
    uint32_t all;
    uint32_t upper;
} words;

/* What is read of one pixel: where, and how far it is to the next value; 0 in the padding. */
typedef struct {
    const int8_t *from;
    int32_t step;
} tap;

static inline void append(words *w, int8_t first, int8_t second)
{
    const uint32_t word = ((uint8_t)first | (uint32_t)(uint8_t)second << 16) ^ CODES_TO_UNSIGNED;

    *w->next++ = word;
    w->all += word;
    w->upper += word >> 16;
}

static words append_inside(words w, const int8_t *first, const int8_t *second, int32_t count)
{
    for (; count >= 2; count -= 2) {
        append(&w, first[0], second[0]);
        append(&w, first[1], second[1]);
        first += 2;
        second += 2;
    }
    if (count > 0) {
        append(&w, *first, *second);
    }
    return w;
}

static words append_taps(words w, tap first, tap second, int32_t count)
{
    for (int32_t i = 0; i < count; ++i) {
        append(&w, *first.from, *second.from);
        first.from += first.step;
        second.from += second.step;
    }
    return w;
}

static tap tap_of(const tq_conv_shape *s, position at, int32_t filter_y, int32_t filter_x, const int8_t *padding)
{
    const int32_t y = at.output_y * s->stride_height - s->padding_top + filter_y * s->dilation_height;
    const int32_t x = at.output_x * s->stride_width - s->padding_left + filter_x * s->dilation_width;

    if (y < 0 || y >= s->input_height || x < 0 || x >= s->input_width) {
        return (tap){padding, 0};
    }
    return (tap){at.image + (y * s->input_width + x) * s->input_channels, 1};
}

/* Whether a filter that is not dilated lies inside the image. */
static bool is_inside(const tq_conv_shape *s, position at)
{
    const int32_t y = at.output_y * s->stride_height - s->padding_top;
    const int32_t x = at.output_x * s->stride_width - s->padding_left;

    return y >= 0 && y + s->filter_height <= s->input_height && x >= 0 && x + s->filter_width <= s->input_width;
}

static words gather(const tq_conv_paired_s8_params *p, position first, position second, uint32_t *patches)
{
    const tq_conv_shape *s = &p->shape;
    const int8_t padding = (int8_t)p->input_zero_point;
    const bool is_dilated = s->dilation_height != 1 || s->dilation_width != 1;
    words w = {patches, 0, 0};

    if (!is_dilated && is_inside(s, first) && is_inside(s, second)) {
        const int8_t *a = tap_of(s, first, 0, 0, &padding).from;
        const int8_t *b = tap_of(s, second, 0, 0, &padding).from;

        for (int32_t filter_y = 0; filter_y < s->filter_height; ++filter_y) {
            w = append_inside(w, a, b, s->filter_width * s->input_channels);
            a += s->input_width * s->input_channels;
            b += s->input_width * s->input_channels;
        }
        return w;
    }
    for (int32_t filter_y = 0; filter_y < s->filter_height; ++filter_y) {
        for (int32_t filter_x = 0; filter_x < s->filter_width; ++filter_x) {
            const tap a = tap_of(s, first, filter_y, filter_x, &padding);
            const tap b = tap_of(s, second, filter_y, filter_x, &padding);

            w = append_taps(w, a, b, s->input_channels);
        }
    }
    return w;
}

static position after(const tq_conv_shape *s, position at)
{
    if (++at.output_x == s->output_width) {
        at.output_x = 0;
        if (++at.output_y == s->output_height) {
            at.output_y = 0;
            at.image += s->input_height * s->input_width * s->input_channels;
        }
    }
    return at;
}

void tq_conv_paired_s8(const tq_conv_paired_s8_params *p, const int8_t *input, int8_t *output, uint32_t *patches)
{
    const tq_conv_shape *s = &p->shape;
    uint32_t *sums = patches + p->channels.words;
    position first = {input, 0, 0};

    /* the surplus words, if there are any */
    patches[p->channels.words - 3] = 0;
    patches[p->channels.words - 2] = 0;
    patches[p->channels.words - 1] = 0;
    for (int32_t left = s->batches * s->output_height * s->output_width; left > 0; left -= 2) {
        /* a pixel without a partner is computed twice */
        const position second = left > 1 ? after(s, first) : first;
        const words w = gather(p, first, second, patches);

        sums[0] = 128 * (w.all - (w.upper << 16));
        sums[1] = 128 * w.upper;
        tq_paired_s8(&p->channels, patches, output, left > 1 ? output + s->output_channels : output);
        output += 2 * s->output_channels;
        first = after(s, second);
    }
}
