#include "tq_clamp_s8.h"

#include "tq_fixed_point.h"

void tq_clamp_s8(int32_t low, int32_t high, int32_t count, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int8_t)tq_clamp(input[i], low, high);
    }
}
