#include "tq_extremes.h"

void tq_maximum_s8(const tq_broadcast *how, const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    TQ_BROADCAST(how, int8_t, input_0, input_1, int8_t, output, a > b ? a : b);
}

void tq_maximum_s16(const tq_broadcast *how, const int16_t *input_0, const int16_t *input_1, int16_t *output)
{
    TQ_BROADCAST(how, int16_t, input_0, input_1, int16_t, output, a > b ? a : b);
}

void tq_maximum_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, int32_t *output)
{
    TQ_BROADCAST(how, int32_t, input_0, input_1, int32_t, output, a > b ? a : b);
}

void tq_maximum_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, int64_t *output)
{
    TQ_BROADCAST(how, int64_t, input_0, input_1, int64_t, output, a > b ? a : b);
}

void tq_maximum_f32(const tq_broadcast *how, const float *input_0, const float *input_1, float *output)
{
    TQ_BROADCAST(how, float, input_0, input_1, float, output, a > b ? a : b);
}

void tq_minimum_s8(const tq_broadcast *how, const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    TQ_BROADCAST(how, int8_t, input_0, input_1, int8_t, output, a < b ? a : b);
}

void tq_minimum_s16(const tq_broadcast *how, const int16_t *input_0, const int16_t *input_1, int16_t *output)
{
    TQ_BROADCAST(how, int16_t, input_0, input_1, int16_t, output, a < b ? a : b);
}

void tq_minimum_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, int32_t *output)
{
    TQ_BROADCAST(how, int32_t, input_0, input_1, int32_t, output, a < b ? a : b);
}

void tq_minimum_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, int64_t *output)
{
    TQ_BROADCAST(how, int64_t, input_0, input_1, int64_t, output, a < b ? a : b);
}

void tq_minimum_f32(const tq_broadcast *how, const float *input_0, const float *input_1, float *output)
{
    TQ_BROADCAST(how, float, input_0, input_1, float, output, a < b ? a : b);
}
