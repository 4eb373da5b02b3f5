#include "tq_transpose_conv_s16.h"

/* What one tap of the filter adds to a sum. */
static int64_t tap(const tq_transpose_conv_s16_params *p, const int16_t *input, const int8_t *weights)
{
    int64_t sum = 0;

    for (int32_t i = 0; i < p->shape.input_channels; ++i) {
        sum += input[i] * weights[i];
    }
    return sum;
}

/* The taps of a filter that meet an input pixel at one output pixel. */
static int64_t taps(const tq_transpose_conv_s16_params *p, const int16_t *image, const int8_t *filter,
                  tq_transpose_conv_taps rows, tq_transpose_conv_taps columns)
{
    const tq_transpose_conv_shape *shape = &p->shape;
    int64_t sum = 0;

    for (int32_t i = 0; i < rows.count; ++i) {
        const int32_t y = rows.input - i;
        const int32_t filter_y = rows.filter + i * shape->stride_height;

        for (int32_t j = 0; j < columns.count; ++j) {
            const int32_t x = columns.input - j;
            const int32_t filter_x = columns.filter + j * shape->stride_width;

            sum += tap(p, image + (y * shape->input_width + x) * shape->input_channels,
                       filter + (filter_y * shape->filter_width + filter_x) * shape->input_channels);
        }
    }
    return sum;
}

void tq_transpose_conv_s16(const tq_transpose_conv_s16_params *p, const int16_t *input, int16_t *output)
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
                    const int64_t sum = taps(p, input, p->weights + channel * filter_size, rows, columns);

                    *output++ = tq_sum_to_s16(&p->output, sum, channel);
                }
            }
        }
        input += shape->input_height * shape->input_width * shape->input_channels;
    }
}
