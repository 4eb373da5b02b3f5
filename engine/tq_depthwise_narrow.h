/* DEPTHWISE_CONV_2D with weights of 2 or 3 bits: what the kernels of either width are made of. */
#ifndef TQ_DEPTHWISE_NARROW_H
#define TQ_DEPTHWISE_NARROW_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_depthwise_window.h"
#include "tq_narrow.h"
#include "tq_output_s8.h"

/* A layer, whatever the width of its weights. */
typedef struct {
    const tq_conv_shape *shape;
    int32_t depth_multiplier;
    int32_t input_zero_point;
    const uint8_t *weights;
    const tq_output_s8 *output;
} tq_depthwise_narrow;

/* The sum of one output channel, without bias. */
static inline int32_t tq_depthwise_narrow_sum(const tq_depthwise_window *w, const int8_t *input, int32_t zero_point,
                                              const uint8_t *weights, int32_t channel, int32_t bits)
{
    int32_t sum = 0;

    for (int32_t row = 0; row < w->rows; ++row) {
        int32_t at = w->input_start + row * w->input_row_step;
        const uint8_t *tap = weights + w->weights_start + row * w->weights_row_step;

        for (int32_t column = 0; column < w->columns; ++column) {
            sum += (input[at] - zero_point) * tq_narrow_at(tap, channel, bits);
            at += w->input_column_step;
            tap += w->weights_column_step;
        }
    }
    return sum;
}

/* The sums of four neighbouring channels from a multiple of four on, each with an input channel of its own. */
static inline void tq_depthwise_narrow_four_sums(const tq_depthwise_window *w, const int8_t *input, int32_t zero_point,
                                                 const uint8_t *weights, int32_t channel, int32_t bits,
                                                 int32_t sums[4])
{
    int32_t sum0 = 0;
    int32_t sum1 = 0;
    int32_t sum2 = 0;
    int32_t sum3 = 0;

    for (int32_t row = 0; row < w->rows; ++row) {
        const int8_t *x = input + w->input_start + row * w->input_row_step;
        const uint8_t *tap = weights + w->weights_start + row * w->weights_row_step;

        for (int32_t column = 0; column < w->columns; ++column) {
            const uint32_t word = tq_narrow_four_at(tap, channel, bits);

            sum0 += (x[0] - zero_point) * tq_narrow_in(word, 0, bits);
            sum1 += (x[1] - zero_point) * tq_narrow_in(word, 1, bits);
            sum2 += (x[2] - zero_point) * tq_narrow_in(word, 2, bits);
            sum3 += (x[3] - zero_point) * tq_narrow_in(word, 3, bits);
            x += w->input_column_step;
            tap += w->weights_column_step;
        }
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

/* All output channels of one pixel. */
static inline void tq_depthwise_narrow_pixel(const tq_depthwise_narrow *p, const int8_t *image,
                                             const tq_depthwise_window *w, int32_t bits, int8_t *output)
{
    int32_t input_channel = 0;
    int32_t channel = 0;

    if (p->depth_multiplier == 1) {
        for (; channel + 4 <= p->shape->input_channels; channel += 4) {
            int32_t sums[4];

            tq_depthwise_narrow_four_sums(w, image + channel, p->input_zero_point, p->weights, channel, bits, sums);
            for (int32_t i = 0; i < 4; ++i) {
                output[channel + i] = tq_sum_to_s8(p->output, sums[i], channel + i);
            }
        }
        input_channel = channel;
    }
    for (; input_channel < p->shape->input_channels; ++input_channel) {
        for (int32_t m = 0; m < p->depth_multiplier; ++m, ++channel) {
            const int32_t sum = tq_depthwise_narrow_sum(w, image + input_channel, p->input_zero_point, p->weights,
                                                        channel, bits);

            output[channel] = tq_sum_to_s8(p->output, sum, channel);
        }
    }
}

static inline void tq_depthwise_conv_narrow(const tq_depthwise_narrow *p, const int8_t *input, int8_t *output,
                                            int32_t bits)
{
    const tq_conv_shape *s = p->shape;
    const int32_t tap_bytes = tq_narrow_bytes(s->output_channels, bits);

    for (int32_t batch = 0; batch < s->batches; ++batch) {
        for (int32_t y = 0; y < s->output_height; ++y) {
            for (int32_t x = 0; x < s->output_width; ++x) {
                const tq_depthwise_window w = tq_depthwise_window_at(s, y, x, tap_bytes);

                tq_depthwise_narrow_pixel(p, input, &w, bits, output);
                output += s->output_channels;
            }
        }
        input += s->input_height * s->input_width * s->input_channels;
    }
}

#endif
