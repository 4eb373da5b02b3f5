#include "tq_plane_s8.h"

#include <stddef.h>
#include <string.h>

static int32_t plane_rows(const tq_conv_shape *s)
{
    return (s->output_height - 1) * s->stride_height + 3;
}

/* Rows of a plane that hold the image; the rest is padding. */
static int32_t image_rows(const tq_conv_shape *s)
{
    const int32_t reach = plane_rows(s) - s->padding_top;

    return reach < s->input_height ? reach : s->input_height;
}

void tq_clear_plane(const tq_conv_shape *s, int32_t input_zero_point, int32_t width, int8_t *plane)
{
    memset(plane, input_zero_point, (size_t)(plane_rows(s) * width));
}

void tq_fill_plane(const tq_conv_shape *s, const int8_t *from, int32_t width, int8_t *plane)
{
    const int32_t step = s->input_channels;
    const int32_t reach = width - s->padding_left;
    const int32_t columns = reach < s->input_width ? reach : s->input_width;
    int8_t *to = plane + s->padding_top * width + s->padding_left;

    for (int32_t rows = image_rows(s); rows > 0; --rows) {
        const int8_t *x = from;
        int32_t left = columns;

        for (; left >= 4; left -= 4) {
            to[0] = x[0];
            to[1] = x[step];
            to[2] = x[2 * step];
            to[3] = x[3 * step];
            x += 4 * step;
            to += 4;
        }
        for (; left > 0; --left) {
            *to++ = *x;
            x += step;
        }
        to += width - columns;
        from += s->input_width * step;
    }
}
