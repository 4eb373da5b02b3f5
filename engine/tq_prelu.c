#include "tq_prelu.h"

#include "tq_fixed_point.h"

static inline int32_t rectified(const tq_prelu_params *p, int32_t code, int32_t slope)
{
    const int32_t x = code - p->input_zero_point;
    const int32_t scaled =
        x >= 0 ? tq_scale(x, p->positive.multiplier, p->positive.shift)
               : tq_scale(x * (slope - p->slope_zero_point), p->negative.multiplier, p->negative.shift);

    return tq_add(scaled, p->output_zero_point);
}

void tq_prelu_s8(const tq_prelu_params *p, const int8_t *input, const int8_t *slopes, int8_t *output)
{
    TQ_BROADCAST(&p->how, int8_t, input, slopes, int8_t, output, tq_clamp(rectified(p, a, b), INT8_MIN, INT8_MAX));
}

void tq_prelu_s16(const tq_prelu_params *p, const int16_t *input, const int8_t *slopes, int16_t *output)
{
    tq_nest_state row = {0};

    do {
        const int16_t *codes = input + row.offset[0];
        const int8_t *slope = slopes + row.offset[1];

        for (int32_t column = 0; column < p->how.columns; ++column) {
            *output++ = (int16_t)tq_clamp(rectified(p, *codes, *slope), INT16_MIN, INT16_MAX);
            codes += p->how.steps[0];
            slope += p->how.steps[1];
        }
    } while (tq_nest_next(&p->how.rows, &row));
}
