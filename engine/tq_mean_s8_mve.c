#include "tq_mean_s8_mve.h"

#include "tq_sums_s8_mve.h"

#if TQ_MVE

void tq_mean_s8_mve(const tq_mean_s8_mve_params *p, const int8_t *input, int8_t *output)
{
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t channel = 0; channel < p->channels; channel += TQ_SUMS) {
            const int32_t channels = p->channels - channel;
            tq_sums_s8_mve sums = tq_no_sums();
            int32_t sum[TQ_SUMS];

            tq_add_pixels(&sums, input + channel, p->pixels, p->channels, channels);
            tq_store_sums(&sums, sum);
            for (int32_t i = 0; i < channels && i < TQ_SUMS; ++i) {
                *output++ = (int8_t)tq_clamp(tq_mean_of(&p->mean, sum[i]), INT8_MIN, INT8_MAX);
            }
        }
        input += p->pixels * p->channels;
    }
}

#endif
