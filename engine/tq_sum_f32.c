#include "tq_sum_f32.h"

void tq_sum_f32(const tq_reduce_params *p, float divisor, const float *input, float *output)
{
    tq_nest_state kept = {0};

    do {
        tq_nest_state at = {0};
        float sum = 0.0f;

        do {
            sum += input[kept.offset[0] + at.offset[0]];
        } while (tq_nest_next(&p->reduced, &at));
        *output++ = sum / divisor;
    } while (tq_nest_next(&p->kept, &kept));
}
