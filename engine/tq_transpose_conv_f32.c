#include "tq_transpose_conv_f32.h"

/* The taps of a filter that meet an input pixel at one output pixel, in the order of the input's pixels. */
static float sum_of(const tq_transpose_conv_shape *shape, const float *image, const float *filter,
                    tq_transpose_conv_taps rows, tq_transpose_conv_taps columns)
{
    float sum = 0.0f;

    for (int32_t i = rows.count - 1; i >= 0; --i) {
        const int32_t y = rows.input - i;
        const int32_t filter_y = rows.filter + i * shape->stride_height;

        for (int32_t j = columns.count - 1; j >= 0; --j) {
            const int32_t x = columns.input - j;
            const int32_t filter_x = columns.filter + j * shape->stride_width;
            const float *pixel = image + (y * shape->input_width + x) * shape->input_channels;
            const float *weights = filter + (filter_y * shape->filter_width + filter_x) * shape->input_channels;

            for (int32_t k = 0; k < shape->input_channels; ++k) {
                sum += pixel[k] * weights[k];
            }
        }
    }
    return sum;
}

static float limited(float x, float low, float high)
{
    if (x < low) {
        x = low;
    }
    return x > high ? high : x;
}

void tq_transpose_conv_f32(const tq_transpose_conv_f32_params *p, const float *input, float *output)
{
    const tq_transpose_conv_shape *shape = &p->shape;
    const int32_t filter_size = shape->filter_height * shape->filter_width * shape->input_channels;

    for (int32_t batch = 0; batch < shape->batches; ++batch) {
        for (int32_t y = 0; y < shape->output_height; ++y) {
            const tq_transpose_conv_taps rows = tq_transpose_conv_taps_at(
                y + shape->padding_top, shape->stride_height, shape->filter_height, shape->input_height);

            for (int32_t x = 0; x < shape->output_width; ++x) {
                const tq_transpose_conv_taps columns = tq_transpose_conv_taps_at(
                    x + shape->padding_left, shape->stride_width, shape->filter_width, shape->input_width);

                for (int32_t channel = 0; channel < shape->output_channels; ++channel) {
                    const float sum = sum_of(shape, input, p->weights + channel * filter_size, rows, columns);

                    *output++ = limited(sum + p->bias[channel], p->min, p->max);
                }
            }
        }
        input += shape->input_height * shape->input_width * shape->input_channels;
    }
}
