#include "tq_depthwise_conv_s8.h"

#include "tq_fixed_point.h"

/* The taps [first, end) of a filter that lie inside the input along one axis. */
typedef struct {
    int32_t first;
    int32_t end;
} tap_range;

static tap_range taps_inside(int32_t origin, int32_t input_size, int32_t filter_size, int32_t dilation)
{
    tap_range taps = {0, filter_size};

    while (taps.first < taps.end && origin + taps.first * dilation < 0) {
        ++taps.first;
    }
    while (taps.end > taps.first && origin + (taps.end - 1) * dilation >= input_size) {
        --taps.end;
    }
    return taps;
}

/* All output channels of the pixel whose filter starts at (top, left). */
static void filter_pixel(const tq_depthwise_conv_s8_params *p, const int8_t *image, int32_t top, int32_t left,
                         int8_t *output)
{
    const int32_t output_channels = p->input_channels * p->depth_multiplier;
    const int32_t column_step = p->dilation_width * p->input_channels;
    const int32_t row_step = p->dilation_height * p->input_width * p->input_channels;
    const tap_range rows = taps_inside(top, p->input_height, p->filter_height, p->dilation_height);
    const tap_range columns = taps_inside(left, p->input_width, p->filter_width, p->dilation_width);
    const int32_t origin = (top * p->input_width + left) * p->input_channels;
    int32_t channel = 0;

    for (int32_t input_channel = 0; input_channel < p->input_channels; ++input_channel) {
        for (int32_t m = 0; m < p->depth_multiplier; ++m, ++channel) {
            const int32_t i = channel * p->multiplier_step;
            int32_t sum = 0;
            int32_t value;

            for (int32_t row = rows.first; row < rows.end; ++row) {
                int32_t at = origin + row * row_step + columns.first * column_step + input_channel;
                const int8_t *w = p->weights + (row * p->filter_width + columns.first) * output_channels + channel;

                for (int32_t column = columns.first; column < columns.end; ++column) {
                    sum += (image[at] - p->input_zero_point) * *w;
                    at += column_step;
                    w += output_channels;
                }
            }
            value = tq_scale(tq_add(sum, p->bias[channel]), p->multiplier[i], p->shift[i]);
            value = tq_add(value, p->output_zero_point);
            output[channel] = (int8_t)tq_clamp(value, p->output_min, p->output_max);
        }
    }
}

void tq_depthwise_conv_s8(const tq_depthwise_conv_s8_params *p, const int8_t *input, int8_t *output)
{
    const int32_t output_channels = p->input_channels * p->depth_multiplier;
    const int32_t image_size = p->input_height * p->input_width * p->input_channels;

    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->output_height; ++y) {
            const int32_t top = y * p->stride_height - p->padding_top;

            for (int32_t x = 0; x < p->output_width; ++x) {
                filter_pixel(p, input, top, x * p->stride_width - p->padding_left, output);
                output += output_channels;
            }
        }
        input += image_size;
    }
}
