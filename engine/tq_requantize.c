#include "tq_requantize.h"

#include "tq_fixed_point.h"

static int32_t requantize(const tq_requantize_params *p, int32_t x, int32_t low, int32_t high)
{
    const int32_t value = tq_scale(tq_add(x, -p->input_zero_point), p->multiplier, p->shift);

    return tq_clamp(tq_add(value, p->output_zero_point), low, high);
}

#define DEFINE_REQUANTIZE(name, input_type, output_type, low, high)                             \
    void name(const tq_requantize_params *p, const input_type *input, output_type *output)      \
    {                                                                                           \
        for (int32_t i = 0; i < p->count; ++i) {                                                \
            output[i] = (output_type)requantize(p, input[i], low, high);                        \
        }                                                                                       \
    }

DEFINE_REQUANTIZE(tq_requantize_s8_s16, int8_t, int16_t, INT16_MIN, INT16_MAX)
DEFINE_REQUANTIZE(tq_requantize_s8_s32, int8_t, int32_t, INT32_MIN, INT32_MAX)
DEFINE_REQUANTIZE(tq_requantize_s16_s8, int16_t, int8_t, INT8_MIN, INT8_MAX)
DEFINE_REQUANTIZE(tq_requantize_s16_s16, int16_t, int16_t, INT16_MIN, INT16_MAX)
DEFINE_REQUANTIZE(tq_requantize_s16_s32, int16_t, int32_t, INT32_MIN, INT32_MAX)
DEFINE_REQUANTIZE(tq_requantize_s32_s8, int32_t, int8_t, INT8_MIN, INT8_MAX)
DEFINE_REQUANTIZE(tq_requantize_s32_s16, int32_t, int16_t, INT16_MIN, INT16_MAX)
