#include "tq_relu_s16.h"

#include "tq_fixed_point.h"

void tq_relu_s16(int32_t multiplier, int32_t shift, int32_t count, const int16_t *input, int16_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)tq_clamp(tq_scale(input[i], multiplier, shift), 0, INT16_MAX);
    }
}
