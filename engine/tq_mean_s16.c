#include "tq_mean_s16.h"

static int32_t sum_of(const tq_nest *reduced, const int16_t *input)
{
    tq_nest_state at = {0};
    int32_t sum = 0;

    do {
        sum += input[at.offset[0]];
    } while (tq_nest_next(reduced, &at));
    return sum;
}

void tq_mean_s16(const tq_mean_params *p, const int16_t *input, int16_t *output)
{
    tq_nest_state at = {0};

    do {
        const int32_t value = tq_mean_of(p, sum_of(&p->reduced, input + at.offset[0]));

        *output++ = (int16_t)tq_clamp(value, INT16_MIN, INT16_MAX);
    } while (tq_nest_next(&p->kept, &at));
}
