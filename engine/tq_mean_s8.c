#include "tq_mean_s8.h"

#include "tq_fixed_point.h"

static int32_t sum_of(const tq_nest *reduced, const int8_t *input)
{
    tq_nest_state at = {0};
    int32_t sum = 0;

    do {
        sum += input[at.offset[0]];
    } while (tq_nest_next(reduced, &at));
    return sum;
}

void tq_mean_s8(const tq_mean_s8_params *p, const int8_t *input, int8_t *output)
{
    tq_nest_state at = {0};

    do {
        const int32_t sum = tq_add(sum_of(&p->reduced, input + at.offset[0]), p->offset);
        const int32_t value = tq_add(tq_scale(sum, p->multiplier, p->shift), p->output_zero_point);

        *output++ = (int8_t)tq_clamp(value, INT8_MIN, INT8_MAX);
    } while (tq_nest_next(&p->kept, &at));
}
