#include "tq_arithmetic_f32.h"

static inline float clamp(float x, float low, float high)
{
    if (x < low) {
        x = low;
    }
    return x > high ? high : x;
}

void tq_add_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output)
{
    TQ_BROADCAST(&p->how, float, input_0, input_1, float, output, clamp(a + b, p->output_min, p->output_max));
}

void tq_sub_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output)
{
    TQ_BROADCAST(&p->how, float, input_0, input_1, float, output, clamp(a - b, p->output_min, p->output_max));
}

void tq_mul_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output)
{
    TQ_BROADCAST(&p->how, float, input_0, input_1, float, output, clamp(a * b, p->output_min, p->output_max));
}

void tq_div_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output)
{
    TQ_BROADCAST(&p->how, float, input_0, input_1, float, output, clamp(a / b, p->output_min, p->output_max));
}

void tq_squared_difference_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output)
{
    TQ_BROADCAST(&p->how, float, input_0, input_1, float, output, (a - b) * (a - b));
}
