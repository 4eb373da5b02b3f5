#include "tq_pool_s8.h"

#include "tq_fixed_point.h"

/* The part of the input under one filter position: rows [top, bottom), columns [left, right). */
typedef struct {
    int32_t top;
    int32_t bottom;
    int32_t left;
    int32_t right;
} window;

static window window_at(const tq_pool_s8_params *p, int32_t y, int32_t x)
{
    const int32_t top = y * p->stride_height - p->padding_top;
    const int32_t left = x * p->stride_width - p->padding_left;

    return (window){
        .top = tq_clamp(top, 0, p->input_height),
        .bottom = tq_clamp(top + p->filter_height, 0, p->input_height),
        .left = tq_clamp(left, 0, p->input_width),
        .right = tq_clamp(left + p->filter_width, 0, p->input_width),
    };
}

static int32_t maximum(const tq_pool_s8_params *p, const int8_t *channel, window w)
{
    int32_t largest = INT8_MIN;

    for (int32_t y = w.top; y < w.bottom; ++y) {
        for (int32_t x = w.left; x < w.right; ++x) {
            const int32_t value = channel[(y * p->input_width + x) * p->channels];

            largest = value > largest ? value : largest;
        }
    }
    return largest;
}

/* Rounded to nearest, ties away from zero. */
static int32_t average(const tq_pool_s8_params *p, const int8_t *channel, window w)
{
    const int32_t count = (w.bottom - w.top) * (w.right - w.left);
    int32_t sum = 0;

    for (int32_t y = w.top; y < w.bottom; ++y) {
        for (int32_t x = w.left; x < w.right; ++x) {
            sum += channel[(y * p->input_width + x) * p->channels];
        }
    }
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

typedef int32_t (*reduction)(const tq_pool_s8_params *p, const int8_t *channel, window w);

static inline void pool(const tq_pool_s8_params *p, const int8_t *input, int8_t *output, reduction reduce)
{
    const int32_t image_size = p->input_height * p->input_width * p->channels;

    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->output_height; ++y) {
            for (int32_t x = 0; x < p->output_width; ++x) {
                const window w = window_at(p, y, x);

                for (int32_t channel = 0; channel < p->channels; ++channel) {
                    *output++ = (int8_t)tq_clamp(reduce(p, input + channel, w), p->output_min, p->output_max);
                }
            }
        }
        input += image_size;
    }
}

void tq_max_pool_s8(const tq_pool_s8_params *p, const int8_t *input, int8_t *output)
{
    pool(p, input, output, maximum);
}

void tq_average_pool_s8(const tq_pool_s8_params *p, const int8_t *input, int8_t *output)
{
    pool(p, input, output, average);
}
