#include "tq_output_s16.h"

#include <stddef.h>

#include "tq_fixed_point.h"

int16_t tq_sum_to_s16(const tq_output_s16 *p, int64_t sum, int32_t channel)
{
    const int64_t total = sum + (p->wide_bias != NULL ? p->wide_bias[channel] : p->bias[channel]);
    const int32_t i = channel * p->multiplier_step;
    const int32_t value = p->multiplier != NULL ? tq_scale_64(total, p->multiplier[i], p->shift[i])
                                                : tq_scale((int32_t)total, p->multiplier_of_32[i], p->shift[i]);

    return (int16_t)tq_clamp(tq_add(value, p->zero_point), p->min, p->max);
}
