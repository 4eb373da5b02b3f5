#include "tq_pool_s8_mve.h"

#include "tq_sums_s8_mve.h"

#if TQ_MVE

/* Up to 16 channels of one output. */
typedef void (*reduction)(const tq_pool_params *p, const int8_t *input, tq_pool_window w, int32_t channels,
                          int8_t *output);

static void maximum(const tq_pool_params *p, const int8_t *input, tq_pool_window w, int32_t channels, int8_t *output)
{
    const mve_pred16_t lanes = vctp8q((uint32_t)channels);
    int8x16_t largest = vdupq_n_s8((int8_t)p->output_min);

    for (int32_t y = w.top; y < w.bottom; ++y) {
        const int8_t *pixel = input + (y * p->input_width + w.left) * p->channels;

        for (int32_t x = w.left; x < w.right; ++x) {
            largest = vmaxq_s8(largest, vld1q_z_s8(pixel, lanes));
            pixel += p->channels;
        }
    }
    vst1q_p_s8(output, vminq_s8(largest, vdupq_n_s8((int8_t)p->output_max)), lanes);
}

static void average(const tq_pool_params *p, const int8_t *input, tq_pool_window w, int32_t channels, int8_t *output)
{
    tq_sums_s8_mve sums = tq_no_sums();
    int32_t sum[TQ_SUMS];

    for (int32_t y = w.top; y < w.bottom; ++y) {
        tq_add_pixels(&sums, input + (y * p->input_width + w.left) * p->channels, w.right - w.left, p->channels,
                      channels);
    }
    tq_store_sums(&sums, sum);
    for (int32_t i = 0; i < channels && i < TQ_SUMS; ++i) {
        output[i] = (int8_t)tq_clamp(tq_average(sum[i], w), p->output_min, p->output_max);
    }
}

static inline void pool(const tq_pool_params *p, const int8_t *input, int8_t *output, reduction reduce)
{
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->output_height; ++y) {
            for (int32_t x = 0; x < p->output_width; ++x) {
                const tq_pool_window w = tq_pool_window_at(p, y, x);

                for (int32_t channel = 0; channel < p->channels; channel += 16) {
                    reduce(p, input + channel, w, p->channels - channel, output + channel);
                }
                output += p->channels;
            }
        }
        input += p->input_height * p->input_width * p->channels;
    }
}

void tq_max_pool_s8_mve(const tq_pool_params *p, const int8_t *input, int8_t *output)
{
    pool(p, input, output, maximum);
}

void tq_average_pool_s8_mve(const tq_pool_params *p, const int8_t *input, int8_t *output)
{
    pool(p, input, output, average);
}

#endif
