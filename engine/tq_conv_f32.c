#include "tq_conv_f32.h"

#include <stdbool.h>

/* Where the taps of a filter lie: input and weights of the tap, and how far the filter of a channel reaches. */
typedef struct {
    const float *image;
    const float *filter;
    int32_t y; /* of the first tap */
    int32_t x;
    int32_t filter_pixel; /* elements from tap to tap */
    int32_t depth;        /* inputs that are summed up at each tap */
} window;

static float limited(float x, float low, float high)
{
    if (x < low) {
        x = low;
    }
    return x > high ? high : x;
}

static float sum_of(const tq_conv_shape *shape, window w)
{
    float sum = 0.0f;

    for (int32_t i = 0; i < shape->filter_height; ++i) {
        const int32_t y = w.y + i * shape->dilation_height;

        for (int32_t j = 0; j < shape->filter_width; ++j) {
            const int32_t x = w.x + j * shape->dilation_width;
            const float *weights = w.filter + (i * shape->filter_width + j) * w.filter_pixel;

            if (y >= 0 && y < shape->input_height && x >= 0 && x < shape->input_width) {
                const float *pixel = w.image + (y * shape->input_width + x) * shape->input_channels;

                for (int32_t k = 0; k < w.depth; ++k) {
                    sum += pixel[k] * weights[k];
                }
            }
        }
    }
    return sum;
}

static void convolve(const tq_conv_f32_params *p, bool depthwise, const float *input, float *output)
{
    const tq_conv_shape *shape = &p->shape;
    const int32_t depth = depthwise ? 1 : shape->input_channels / p->groups;
    const int32_t groups = depthwise ? shape->input_channels : p->groups;
    const int32_t per_group = shape->output_channels / groups;
    const int32_t filter_size = shape->filter_height * shape->filter_width * depth;

    for (int32_t batch = 0; batch < shape->batches; ++batch) {
        for (int32_t y = 0; y < shape->output_height; ++y) {
            for (int32_t x = 0; x < shape->output_width; ++x) {
                for (int32_t channel = 0; channel < shape->output_channels; ++channel) {
                    const window w = {
                        input + channel / per_group * depth,
                        p->weights + channel * (depthwise ? 1 : filter_size),
                        y * shape->stride_height - shape->padding_top,
                        x * shape->stride_width - shape->padding_left,
                        depthwise ? shape->output_channels : depth,
                        depth,
                    };

                    *output++ = limited(sum_of(shape, w) + p->bias[channel], p->min, p->max);
                }
            }
        }
        input += shape->input_height * shape->input_width * shape->input_channels;
    }
}

void tq_conv_f32(const tq_conv_f32_params *p, const float *input, float *output)
{
    convolve(p, false, input, output);
}

void tq_depthwise_conv_f32(const tq_conv_f32_params *p, const float *input, float *output)
{
    convolve(p, true, input, output);
}

void tq_fully_connected_f32(const tq_fully_connected_f32_params *p, const float *input, float *output)
{
    for (int32_t row = 0; row < p->rows; ++row) {
        for (int32_t channel = 0; channel < p->channels; ++channel) {
            const float *weights = p->weights + channel * p->depth;
            float sum = 0.0f;

            for (int32_t i = 0; i < p->depth; ++i) {
                sum += input[i] * weights[i];
            }
            *output++ = limited(sum + p->bias[channel], p->min, p->max);
        }
        input += p->depth;
    }
}
