#include "tq_depthwise_conv_plane_s8.h"

#include <stddef.h>
#include <string.h>

#include "tq_scale_right.h"

/* What is the same for all outputs of a channel. */
typedef struct {
    const int8_t *weights;
    int32_t bias;
    tq_scale_right scale;
} channel;

/* Brings one channel to the plane; the padding is there already. */
static void fill_plane(const tq_depthwise_conv_plane_s8_params *p, const int8_t *from, int8_t *plane, int32_t rows)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t step = s->input_channels;
    const int32_t reach = p->plane_width - s->padding_left;
    const int32_t columns = reach < s->input_width ? reach : s->input_width;
    int8_t *to = plane + s->padding_top * p->plane_width + s->padding_left;

    for (int32_t y = 0; y < rows; ++y) {
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
        to += p->plane_width - columns;
        from += s->input_width * step;
    }
}

/* Adds the products of one row of the filter with inputs at x and at x + stride. */
static inline void add_row(const int8_t *x, const int8_t *w, int32_t stride, int32_t sums[2])
{
    const int32_t w0 = w[0];
    const int32_t w1 = w[1];
    const int32_t w2 = w[2];

    sums[0] += x[0] * w0 + x[1] * w1 + x[2] * w2;
    sums[1] += x[stride] * w0 + x[stride + 1] * w1 + x[stride + 2] * w2;
}

static inline void filter_plane(const tq_depthwise_conv_plane_s8_params *p, const channel *c, const int8_t *plane,
                                int32_t stride, int8_t *output)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t width = p->plane_width;
    const int32_t step = s->output_channels;

    for (int32_t y = 0; y < s->output_height; ++y) {
        const int8_t *x = plane;

        for (int32_t left = s->output_width; left > 0; left -= 2) {
            int32_t sums[2] = {c->bias, c->bias};

            add_row(x, c->weights, stride, sums);
            add_row(x + width, c->weights + 3, stride, sums);
            add_row(x + 2 * width, c->weights + 6, stride, sums);
            *output = tq_scale_right_code(c->scale, sums[0]);
            output += step;
            if (left > 1) {
                *output = tq_scale_right_code(c->scale, sums[1]);
                output += step;
            }
            x += 2 * stride;
        }
        plane += stride * width;
    }
}

void tq_depthwise_conv_plane_s8(const tq_depthwise_conv_plane_s8_params *p, const int8_t *input, int8_t *output,
                                int8_t *plane)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t channels = s->input_channels;
    const int32_t plane_rows = (s->output_height - 1) * s->stride_height + 3;
    const int32_t reach = plane_rows - s->padding_top;
    const int32_t rows = reach < s->input_height ? reach : s->input_height;

    memset(plane, p->input_zero_point, (size_t)(plane_rows * p->plane_width));
    for (int32_t batch = 0; batch < s->batches; ++batch) {
        for (int32_t i = 0; i < channels; ++i) {
            const int32_t at = i * p->multiplier_step;
            const channel c = {
                p->weights + 9 * i,
                p->bias[i],
                tq_scale_right_by(p->multiplier[at], p->shift[at], p->zero_point, p->min, p->max),
            };

            fill_plane(p, input + i, plane, rows);
            if (s->stride_width == 1) {
                filter_plane(p, &c, plane, 1, output + i);
            } else {
                filter_plane(p, &c, plane, 2, output + i);
            }
        }
        input += s->input_height * s->input_width * channels;
        output += s->output_height * s->output_width * channels;
    }
}
