#include "tq_pool_f32.h"

#include "tq_math_f32.h"

/* The pixels of the input that a filter covers. */
typedef struct {
    int32_t top;
    int32_t bottom;
    int32_t left;
    int32_t right;
} window;

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static window window_at(const tq_conv_shape *shape, int32_t y, int32_t x)
{
    const int32_t top = y * shape->stride_height - shape->padding_top;
    const int32_t left = x * shape->stride_width - shape->padding_left;
    const window found = {
        top < 0 ? 0 : top,
        smaller(top + shape->filter_height, shape->input_height),
        left < 0 ? 0 : left,
        smaller(left + shape->filter_width, shape->input_width),
    };

    return found;
}

static float largest_in(const tq_conv_shape *shape, window w, const float *channel)
{
    float found = -3.402823466e+38f;

    for (int32_t y = w.top; y < w.bottom; ++y) {
        for (int32_t x = w.left; x < w.right; ++x) {
            const float value = channel[(y * shape->input_width + x) * shape->input_channels];

            found = value > found ? value : found;
        }
    }
    return found;
}

static float average_in(const tq_conv_shape *shape, window w, const float *channel)
{
    float sum = 0.0f;

    for (int32_t y = w.top; y < w.bottom; ++y) {
        for (int32_t x = w.left; x < w.right; ++x) {
            sum += channel[(y * shape->input_width + x) * shape->input_channels];
        }
    }
    return sum / (float)((w.bottom - w.top) * (w.right - w.left));
}

static float root_of_squares_in(const tq_conv_shape *shape, window w, const float *channel)
{
    float sum = 0.0f;

    for (int32_t y = w.top; y < w.bottom; ++y) {
        for (int32_t x = w.left; x < w.right; ++x) {
            const float value = channel[(y * shape->input_width + x) * shape->input_channels];

            sum += value * value;
        }
    }
    return tq_sqrt_f32(sum / (float)((w.bottom - w.top) * (w.right - w.left)));
}

/* What becomes of the values in a window. */
typedef float (*reduction)(const tq_conv_shape *shape, window w, const float *channel);

static void pool(const tq_pool_f32_params *p, reduction reduce, const float *input, float *output)
{
    const tq_conv_shape *shape = &p->shape;

    for (int32_t batch = 0; batch < shape->batches; ++batch) {
        for (int32_t y = 0; y < shape->output_height; ++y) {
            for (int32_t x = 0; x < shape->output_width; ++x) {
                const window w = window_at(shape, y, x);

                for (int32_t c = 0; c < shape->input_channels; ++c) {
                    float value = reduce(shape, w, input + c);

                    if (value < p->min) {
                        value = p->min;
                    }
                    *output++ = value > p->max ? p->max : value;
                }
            }
        }
        input += shape->input_height * shape->input_width * shape->input_channels;
    }
}

void tq_max_pool_f32(const tq_pool_f32_params *p, const float *input, float *output)
{
    pool(p, largest_in, input, output);
}

void tq_average_pool_f32(const tq_pool_f32_params *p, const float *input, float *output)
{
    pool(p, average_in, input, output);
}

void tq_l2_pool_f32(const tq_pool_f32_params *p, const float *input, float *output)
{
    pool(p, root_of_squares_in, input, output);
}
