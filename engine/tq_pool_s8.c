#include "tq_pool_s8.h"

static int32_t maximum(const tq_pool_params *p, const int8_t *channel, tq_pool_window w)
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

static int32_t average(const tq_pool_params *p, const int8_t *channel, tq_pool_window w)
{
    int32_t sum = 0;

    for (int32_t y = w.top; y < w.bottom; ++y) {
        for (int32_t x = w.left; x < w.right; ++x) {
            sum += channel[(y * p->input_width + x) * p->channels];
        }
    }
    return tq_average(sum, w);
}

typedef int32_t (*reduction)(const tq_pool_params *p, const int8_t *channel, tq_pool_window w);

static inline void pool(const tq_pool_params *p, const int8_t *input, int8_t *output, reduction reduce)
{
    const int32_t image_size = p->input_height * p->input_width * p->channels;

    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->output_height; ++y) {
            for (int32_t x = 0; x < p->output_width; ++x) {
                const tq_pool_window w = tq_pool_window_at(p, y, x);

                for (int32_t channel = 0; channel < p->channels; ++channel) {
                    *output++ = (int8_t)tq_clamp(reduce(p, input + channel, w), p->output_min, p->output_max);
                }
            }
        }
        input += image_size;
    }
}

void tq_max_pool_s8(const tq_pool_params *p, const int8_t *input, int8_t *output)
{
    pool(p, input, output, maximum);
}

void tq_average_pool_s8(const tq_pool_params *p, const int8_t *input, int8_t *output)
{
    pool(p, input, output, average);
}
