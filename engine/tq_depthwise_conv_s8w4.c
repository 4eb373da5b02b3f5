#include "tq_depthwise_conv_s8w4.h"

#include "tq_depthwise_window.h"
#include "tq_int4.h"

/* The sum of one output channel, without bias. */
static int32_t sum_of(const tq_depthwise_window *w, const int8_t *input, int32_t zero_point, const uint8_t *weights,
                      int32_t channel)
{
    int32_t sum = 0;

    for (int32_t row = 0; row < w->rows; ++row) {
        int32_t at = w->input_start + row * w->input_row_step;
        const uint8_t *tap = weights + w->weights_start + row * w->weights_row_step;

        for (int32_t column = 0; column < w->columns; ++column) {
            sum += (input[at] - zero_point) * tq_int4_at(tap, channel);
            at += w->input_column_step;
            tap += w->weights_column_step;
        }
    }
    return sum;
}

/* The sums of four neighbouring channels from an even one on, each with an input channel of its own. */
static void four_sums_of(const tq_depthwise_window *w, const int8_t *input, int32_t zero_point, const uint8_t *weights,
                         int32_t sums[4])
{
    int32_t sum0 = 0;
    int32_t sum1 = 0;
    int32_t sum2 = 0;
    int32_t sum3 = 0;

    for (int32_t row = 0; row < w->rows; ++row) {
        int32_t at = w->input_start + row * w->input_row_step;
        int32_t tap = w->weights_start + row * w->weights_row_step;

        for (int32_t column = 0; column < w->columns; ++column) {
            const int8_t *x = input + at;
            const uint8_t *pairs = weights + tap;

            sum0 += (x[0] - zero_point) * tq_int4_low(pairs[0]);
            sum1 += (x[1] - zero_point) * tq_int4_high(pairs[0]);
            sum2 += (x[2] - zero_point) * tq_int4_low(pairs[1]);
            sum3 += (x[3] - zero_point) * tq_int4_high(pairs[1]);
            at += w->input_column_step;
            tap += w->weights_column_step;
        }
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

/* All output channels of one pixel. */
static void filter_pixel(const tq_depthwise_conv_s8w4_params *p, const int8_t *image, const tq_depthwise_window *w,
                         int8_t *output)
{
    int32_t input_channel = 0;
    int32_t channel = 0;

    if (p->depth_multiplier == 1) {
        for (; channel + 4 <= p->shape.input_channels; channel += 4) {
            int32_t sums[4];

            four_sums_of(w, image + channel, p->input_zero_point, p->weights + channel / 2, sums);
            for (int32_t i = 0; i < 4; ++i) {
                output[channel + i] = tq_sum_to_s8(&p->output, sums[i], channel + i);
            }
        }
        input_channel = channel;
    }
    for (; input_channel < p->shape.input_channels; ++input_channel) {
        for (int32_t m = 0; m < p->depth_multiplier; ++m, ++channel) {
            const int32_t sum = sum_of(w, image + input_channel, p->input_zero_point, p->weights, channel);

            output[channel] = tq_sum_to_s8(&p->output, sum, channel);
        }
    }
}

void tq_depthwise_conv_s8w4(const tq_depthwise_conv_s8w4_params *p, const int8_t *input, int8_t *output)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t tap_bytes = tq_int4_bytes(s->output_channels);

    for (int32_t batch = 0; batch < s->batches; ++batch) {
        for (int32_t y = 0; y < s->output_height; ++y) {
            for (int32_t x = 0; x < s->output_width; ++x) {
                const tq_depthwise_window w = tq_depthwise_window_at(s, y, x, tap_bytes);

                filter_pixel(p, input, &w, output);
                output += s->output_channels;
            }
        }
        input += s->input_height * s->input_width * s->input_channels;
    }
}
