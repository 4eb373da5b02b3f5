#include "tq_leaky_relu_s16.h"

#include "tq_fixed_point.h"

void tq_leaky_relu_s16(const tq_leaky_relu_s16_params *p, const int16_t *input, int16_t *output)
{
    for (int32_t i = 0; i < p->count; ++i) {
        const int32_t x = input[i] - p->input_zero_point;
        const int32_t scaled = x >= 0 ? tq_scale(x, p->positive.multiplier, p->positive.shift)
                                      : tq_scale(x, p->negative.multiplier, p->negative.shift) * p->sign;

        output[i] = (int16_t)tq_clamp(tq_add(scaled, p->output_zero_point), INT16_MIN, INT16_MAX);
    }
}
