#include "tq_pixel_pairs.h"

#include <stdbool.h>
#include <stddef.h>

enum { CODES_TO_UNSIGNED = 0x00800080 }; /* exclusive or: code + 128 in both halves */

/* Words that are made from two pixels, and the sums of them, modulo 2^32, and of their upper halves. */
typedef struct {
    uint32_t *next;
    uint32_t all;
    uint32_t upper;
} pair_words;

/* The next words, of which one half is written for one pixel, and the sum of that. */
typedef struct {
    uint32_t *next;
    uint32_t sum;
    bool is_second;
} pixel_words;

static inline void append(pair_words *w, int8_t first, int8_t second)
{
    const uint32_t word = ((uint8_t)first | (uint32_t)(uint8_t)second << 16) ^ CODES_TO_UNSIGNED;

    *w->next++ = word;
    w->all += word;
    w->upper += word >> 16;
}

static pair_words append_inside(pair_words w, const int8_t *first, const int8_t *second, int32_t count)
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

/* The second pixel joins the first one. */
static inline uint32_t joined(uint32_t word, uint32_t code, bool is_second)
{
    return is_second ? word | code << 16 : code;
}

static pixel_words append_codes(pixel_words w, const int8_t *codes, int32_t count)
{
    for (; count > 0; --count) {
        const uint32_t code = (uint8_t)*codes++ ^ UINT32_C(0x80);

        w.sum += code;
        *w.next = joined(*w.next, code, w.is_second);
        ++w.next;
    }
    return w;
}

static pixel_words append_padding(pixel_words w, uint32_t code, int32_t count)
{
    w.sum += code * (uint32_t)count;
    for (; count > 0; --count) {
        *w.next = joined(*w.next, code, w.is_second);
        ++w.next;
    }
    return w;
}

/* `columns` adjacent columns of the image from x on, those outside of it as padding. */
static pixel_words append_columns(pixel_words w, const tq_conv_shape *s, uint32_t padding, const int8_t *row, int32_t x,
                                  int32_t columns)
{
    const int32_t channels = s->input_channels;
    const int32_t end = x + columns < s->input_width ? x + columns : s->input_width;
    const int32_t begin = x > 0 ? x : 0;

    if (row == NULL || begin >= end) {
        return append_padding(w, padding, columns * channels);
    }
    w = append_padding(w, padding, (begin - x) * channels);
    w = append_codes(w, row + begin * channels, (end - begin) * channels);
    return append_padding(w, padding, (x + columns - end) * channels);
}

static pixel_words append_pixel(pixel_words w, const tq_conv_shape *s, uint32_t padding, tq_pixel at)
{
    const int32_t left = at.output_x * s->stride_width - s->padding_left;
    int32_t y = at.output_y * s->stride_height - s->padding_top;

    for (int32_t filter_y = 0; filter_y < s->filter_height; ++filter_y) {
        const bool inside = y >= 0 && y < s->input_height;
        const int8_t *row = inside ? at.image + y * s->input_width * s->input_channels : NULL;

        if (s->dilation_width == 1) {
            w = append_columns(w, s, padding, row, left, s->filter_width);
        } else {
            for (int32_t filter_x = 0; filter_x < s->filter_width; ++filter_x) {
                w = append_columns(w, s, padding, row, left + filter_x * s->dilation_width, 1);
            }
        }
        y += s->dilation_height;
    }
    return w;
}

/* Whether a filter that is not dilated lies inside the image. */
static bool is_inside(const tq_conv_shape *s, tq_pixel at)
{
    const int32_t y = at.output_y * s->stride_height - s->padding_top;
    const int32_t x = at.output_x * s->stride_width - s->padding_left;

    return y >= 0 && y + s->filter_height <= s->input_height && x >= 0 && x + s->filter_width <= s->input_width;
}

static const int8_t *corner(const tq_conv_shape *s, tq_pixel at)
{
    const int32_t y = at.output_y * s->stride_height - s->padding_top;
    const int32_t x = at.output_x * s->stride_width - s->padding_left;

    return at.image + (y * s->input_width + x) * s->input_channels;
}

tq_pair_sums tq_gather_pair(const tq_conv_shape *s, int32_t input_zero_point, tq_pixel first, tq_pixel second,
                            uint32_t *words)
{
    const bool is_dilated = s->dilation_height != 1 || s->dilation_width != 1;

    if (!is_dilated && is_inside(s, first) && is_inside(s, second)) {
        const int32_t row_bytes = s->input_width * s->input_channels;
        const int8_t *a = corner(s, first);
        const int8_t *b = corner(s, second);
        pair_words w = {words, 0, 0};

        for (int32_t filter_y = 0; filter_y < s->filter_height; ++filter_y) {
            w = append_inside(w, a, b, s->filter_width * s->input_channels);
            a += row_bytes;
            b += row_bytes;
        }
        return (tq_pair_sums){w.all - (w.upper << 16), w.upper};
    }
    const uint32_t padding = (uint32_t)(input_zero_point + 128);
    const pixel_words a = append_pixel((pixel_words){words, 0, false}, s, padding, first);
    const pixel_words b = append_pixel((pixel_words){words, 0, true}, s, padding, second);

    return (tq_pair_sums){a.sum, b.sum};
}

tq_pixel tq_pixel_after(const tq_conv_shape *s, tq_pixel at)
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
