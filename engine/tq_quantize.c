#include "tq_quantize.h"

/* round(x / scale) + zero_point in [low, high]. */
static int32_t code_of(const tq_quantize_params *p, float x, int32_t low, int32_t high)
{
    const float scaled = x / p->scale;
    int32_t code;
    float rest;

    /* far outside is decided here, so that the conversion to integer is defined and exact */
    if (!(scaled > (float)(low - p->zero_point))) {
        return low;
    }
    if (scaled > (float)(high - p->zero_point)) {
        return high;
    }
    code = (int32_t)scaled;
    rest = scaled - (float)code;
    if (rest >= 0.5f) {
        ++code;
    } else if (rest <= -0.5f) {
        --code;
    }
    return code + p->zero_point;
}

void tq_quantize_f32_s8(const tq_quantize_params *p, const float *input, int8_t *output)
{
    for (int32_t i = 0; i < p->count; ++i) {
        output[i] = (int8_t)code_of(p, input[i], INT8_MIN, INT8_MAX);
    }
}

void tq_quantize_f32_s16(const tq_quantize_params *p, const float *input, int16_t *output)
{
    for (int32_t i = 0; i < p->count; ++i) {
        output[i] = (int16_t)code_of(p, input[i], INT16_MIN, INT16_MAX);
    }
}
