#include "tq_output_s8.h"

#include "tq_fixed_point.h"

int8_t tq_sum_to_s8(const tq_output_s8 *p, int32_t sum, int32_t channel)
{
    const int32_t i = channel * p->multiplier_step;
    const int32_t value = tq_scale(tq_add(sum, p->bias[channel]), p->multiplier[i], p->shift[i]);

    return (int8_t)tq_clamp(tq_add(value, p->zero_point), p->min, p->max);
}
