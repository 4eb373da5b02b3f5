#include "tq_abs_s16.h"

#include "tq_fixed_point.h"

void tq_abs_s16(int32_t multiplier, int32_t shift, int32_t count, const int16_t *input, int16_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        const int32_t magnitude = input[i] < 0 ? -input[i] : input[i];

        output[i] = (int16_t)tq_clamp(tq_scale(magnitude, multiplier, shift), INT16_MIN, INT16_MAX);
    }
}
