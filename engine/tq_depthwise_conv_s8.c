#include "tq_depthwise_conv_s8.h"

#include "tq_fixed_point.h"

/* The taps [first, end) of a filter that lie inside the input along one axis. */
typedef struct {
    int32_t first;
    int32_t end;
} tap_range;

/* One filter position: the taps inside the input, and how to walk over them in channel 0 of input and weights. */
typedef struct {
    int32_t rows;
    int32_t columns;
    int32_t input_start;
    int32_t input_row_step;
    int32_t input_column_step;
    int32_t weights_start;
    int32_t weights_row_step;
    int32_t weights_column_step;
} filter_window;

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

static filter_window window_at(const tq_depthwise_conv_s8_params *p, int32_t top, int32_t left)
{
    const int32_t output_channels = p->input_channels * p->depth_multiplier;
    const tap_range rows = taps_inside(top, p->input_height, p->filter_height, p->dilation_height);
    const tap_range columns = taps_inside(left, p->input_width, p->filter_width, p->dilation_width);
    const int32_t y = top + rows.first * p->dilation_height;
    const int32_t x = left + columns.first * p->dilation_width;

    return (filter_window){
        .rows = rows.end - rows.first,
        .columns = columns.end - columns.first,
        .input_start = (y * p->input_width + x) * p->input_channels,
        .input_row_step = p->dilation_height * p->input_width * p->input_channels,
        .input_column_step = p->dilation_width * p->input_channels,
        .weights_start = (rows.first * p->filter_width + columns.first) * output_channels,
        .weights_row_step = p->filter_width * output_channels,
        .weights_column_step = output_channels,
    };
}

/* The sum of one output channel, without bias. */
static int32_t sum_of(const filter_window *w, const int8_t *input, int32_t zero_point, const int8_t *weights)
{
    int32_t sum = 0;

    for (int32_t row = 0; row < w->rows; ++row) {
        int32_t at = w->input_start + row * w->input_row_step;
        int32_t weight = w->weights_start + row * w->weights_row_step;

        for (int32_t column = 0; column < w->columns; ++column) {
            sum += (input[at] - zero_point) * weights[weight];
            at += w->input_column_step;
            weight += w->weights_column_step;
        }
    }
    return sum;
}

/* The sums of four neighbouring channels, each with an input channel of its own. */
static void four_sums_of(const filter_window *w, const int8_t *input, int32_t zero_point, const int8_t *weights,
                         int32_t sums[4])
{
    int32_t sum0 = 0;
    int32_t sum1 = 0;
    int32_t sum2 = 0;
    int32_t sum3 = 0;

    for (int32_t row = 0; row < w->rows; ++row) {
        int32_t at = w->input_start + row * w->input_row_step;
        int32_t weight = w->weights_start + row * w->weights_row_step;

        for (int32_t column = 0; column < w->columns; ++column) {
            const int8_t *x = input + at;
            const int8_t *v = weights + weight;

            sum0 += (x[0] - zero_point) * v[0];
            sum1 += (x[1] - zero_point) * v[1];
            sum2 += (x[2] - zero_point) * v[2];
            sum3 += (x[3] - zero_point) * v[3];
            at += w->input_column_step;
            weight += w->weights_column_step;
        }
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

static int8_t requantize(const tq_depthwise_conv_s8_params *p, int32_t sum, int32_t channel)
{
    const int32_t i = channel * p->multiplier_step;
    const int32_t value = tq_scale(tq_add(sum, p->bias[channel]), p->multiplier[i], p->shift[i]);

    return (int8_t)tq_clamp(tq_add(value, p->output_zero_point), p->output_min, p->output_max);
}

/* All output channels of one pixel. */
static void filter_pixel(const tq_depthwise_conv_s8_params *p, const int8_t *image, const filter_window *w,
                         int8_t *output)
{
    int32_t input_channel = 0;
    int32_t channel = 0;

    if (p->depth_multiplier == 1) {
        for (; channel + 4 <= p->input_channels; channel += 4) {
            int32_t sums[4];

            four_sums_of(w, image + channel, p->input_zero_point, p->weights + channel, sums);
            for (int32_t i = 0; i < 4; ++i) {
                output[channel + i] = requantize(p, sums[i], channel + i);
            }
        }
        input_channel = channel;
    }
    for (; input_channel < p->input_channels; ++input_channel) {
        for (int32_t m = 0; m < p->depth_multiplier; ++m, ++channel) {
            const int32_t sum = sum_of(w, image + input_channel, p->input_zero_point, p->weights + channel);

            output[channel] = requantize(p, sum, channel);
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
                const filter_window w = window_at(p, top, x * p->stride_width - p->padding_left);

                filter_pixel(p, input, &w, output);
                output += output_channels;
            }
        }
        input += image_size;
    }
}
