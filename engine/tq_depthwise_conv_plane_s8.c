#include "tq_depthwise_conv_plane_s8.h"

#include "tq_plane_s8.h"
#include "tq_scale_right.h"

/* What is the same for all outputs of a channel. */
typedef struct {
    const int8_t *weights;
    int32_t bias;
    tq_scale_right scale;
} channel;

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

    tq_clear_plane(s, p->input_zero_point, p->plane_width, plane);
    for (int32_t batch = 0; batch < s->batches; ++batch) {
        for (int32_t i = 0; i < channels; ++i) {
            const int32_t at = i * p->multiplier_step;
            const channel c = {
                p->weights + 9 * i,
                p->bias[i],
                tq_scale_right_by(p->multiplier[at], p->shift[at], p->zero_point, p->min, p->max),
            };

            tq_fill_plane(s, input + i, p->plane_width, plane);
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
