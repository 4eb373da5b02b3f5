#include "tq_clamp_s16.h"

#include "tq_fixed_point.h"

void tq_clamp_s16(int32_t low, int32_t high, int32_t count, const int16_t *input, int16_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)tq_clamp(input[i], low, high);
    }
}
