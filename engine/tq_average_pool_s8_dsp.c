#include "tq_average_pool_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <string.h>

#include "tq_dsp.h"

/* Sums of four channels, 0 and 2 in the halves of a word. */
typedef struct {
    uint32_t even;
    uint32_t odd;
} sums_of_4;

static inline void add_pixel(sums_of_4 *sums, const int8_t *pixel)
{
    uint32_t codes;

    memcpy(&codes, pixel, sizeof codes);
    sums->even = tq_add_even_bytes(sums->even, codes);
    sums->odd = tq_add_odd_bytes(sums->odd, codes);
}

static sums_of_4 add_row(sums_of_4 sums, const int8_t *pixel, int32_t pixels, int32_t step)
{
    for (; pixels >= 4; pixels -= 4) {
        add_pixel(&sums, pixel);
        add_pixel(&sums, pixel + step);
        pixel += 2 * step;
        add_pixel(&sums, pixel);
        add_pixel(&sums, pixel + step);
        pixel += 2 * step;
    }
    for (; pixels > 0; --pixels) {
        add_pixel(&sums, pixel);
        pixel += step;
    }
    return sums;
}

/* The averages of four channels under a filter position. */
static void average(const tq_pool_params *p, const int8_t *channels, tq_pool_window w, int8_t *output)
{
    const int32_t row_step = p->input_width * p->channels;
    const int8_t *row = channels + w.top * row_step + w.left * p->channels;
    const int32_t columns = w.right - w.left;
    sums_of_4 found = {0, 0};
    int32_t sums[4];

    if (columns == p->input_width) { /* rows follow each other */
        found = add_row(found, row, (w.bottom - w.top) * columns, p->channels);
    } else {
        for (int32_t y = w.top; y < w.bottom; ++y) {
            found = add_row(found, row, columns, p->channels);
            row += row_step;
        }
    }
    sums[0] = (int16_t)found.even;
    sums[1] = (int16_t)found.odd;
    sums[2] = (int16_t)(found.even >> 16);
    sums[3] = (int16_t)(found.odd >> 16);
    for (int32_t i = 0; i < 4; ++i) {
        output[i] = (int8_t)tq_clamp(tq_average(sums[i], w), p->output_min, p->output_max);
    }
}

void tq_average_pool_s8_dsp(const tq_pool_params *p, const int8_t *input, int8_t *output)
{
    const int32_t last = p->channels - 4; /* the last four channels may overlap with those before */

    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->output_height; ++y) {
            for (int32_t x = 0; x < p->output_width; ++x) {
                const tq_pool_window w = tq_pool_window_at(p, y, x);

                for (int32_t channel = 0; channel < p->channels; channel += 4) {
                    const int32_t first = channel < last ? channel : last;

                    average(p, input + first, w, output + first);
                }
                output += p->channels;
            }
        }
        input += p->input_height * p->input_width * p->channels;
    }
}

#endif
