#include "tq_linear_s8.h"

void tq_linear_s8(const tq_linear_s8_params *p, const int8_t *input, int32_t first, int32_t count, int32_t extra,
                  int8_t *output)
{
    const int32_t depth = p->depth;
    const int32_t end = first + count;
    const int8_t *w = p->weights + first * depth;
    int32_t channel = first;

    /* four channels at a time: an input that is loaded once serves four products */
    for (; channel + 4 <= end; channel += 4) {
        const int8_t *w0 = w;
        const int8_t *w1 = w0 + depth;
        const int8_t *w2 = w1 + depth;
        const int8_t *w3 = w2 + depth;
        int32_t sum0 = extra;
        int32_t sum1 = extra;
        int32_t sum2 = extra;
        int32_t sum3 = extra;

        for (int32_t k = 0; k < depth; ++k) {
            const int32_t x = input[k];

            sum0 += x * w0[k];
            sum1 += x * w1[k];
            sum2 += x * w2[k];
            sum3 += x * w3[k];
        }
        output[channel] = tq_sum_to_s8(&p->output, sum0, channel);
        output[channel + 1] = tq_sum_to_s8(&p->output, sum1, channel + 1);
        output[channel + 2] = tq_sum_to_s8(&p->output, sum2, channel + 2);
        output[channel + 3] = tq_sum_to_s8(&p->output, sum3, channel + 3);
        w = w3 + depth;
    }
    for (; channel < end; ++channel) {
        int32_t sum = extra;

        for (int32_t k = 0; k < depth; ++k) {
            sum += input[k] * w[k];
        }
        output[channel] = tq_sum_to_s8(&p->output, sum, channel);
        w += depth;
    }
}
