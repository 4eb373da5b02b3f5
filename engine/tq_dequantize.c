#include "tq_dequantize.h"

/* The difference of codes is exact in float, so that the product is rounded once. */
static float value_of(const tq_dequantize_params *p, int32_t code)
{
    return p->scale * (float)(code - p->zero_point);
}

void tq_dequantize_s8_f32(const tq_dequantize_params *p, const int8_t *input, float *output)
{
    for (int32_t i = 0; i < p->count; ++i) {
        output[i] = value_of(p, input[i]);
    }
}

void tq_dequantize_u8_f32(const tq_dequantize_params *p, const uint8_t *input, float *output)
{
    for (int32_t i = 0; i < p->count; ++i) {
        output[i] = value_of(p, input[i]);
    }
}

void tq_dequantize_s16_f32(const tq_dequantize_params *p, const int16_t *input, float *output)
{
    for (int32_t i = 0; i < p->count; ++i) {
        output[i] = value_of(p, input[i]);
    }
}
