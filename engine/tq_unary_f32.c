#include "tq_unary_f32.h"

#include "tq_math_f32.h"
#include "tq_sine_f32.h"

#define UNARY(count, input, output, result)       \
    do {                                          \
        for (int32_t i = 0; i < (count); ++i) {   \
            const float x = (input)[i];           \
                                                  \
            (output)[i] = (result);               \
        }                                         \
    } while (0)

void tq_relu_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, x < 0.0f ? 0.0f : x);
}

void tq_relu6_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, x < 0.0f ? 0.0f : (x > 6.0f ? 6.0f : x));
}

void tq_abs_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, x < 0.0f ? -x : x);
}

void tq_neg_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, -x);
}

void tq_square_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, x * x);
}

void tq_hard_swish_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, x * (x + 3.0f < 0.0f ? 0.0f : (x + 3.0f > 6.0f ? 6.0f : x + 3.0f)) / 6.0f);
}

void tq_exp_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_exp_f32(x));
}

void tq_log_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_log_f32(x));
}

void tq_sqrt_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_sqrt_f32(x));
}

void tq_rsqrt_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, 1.0f / tq_sqrt_f32(x));
}

void tq_tanh_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_tanh_f32(x));
}

void tq_logistic_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_logistic_f32(x));
}

void tq_elu_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, x < 0.0f ? tq_expm1_f32(x) : x);
}

void tq_leaky_relu_f32(float slope, int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, x > 0.0f ? x : x * slope);
}

void tq_ceil_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_ceil_f32(x));
}

void tq_floor_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_floor_f32(x));
}

void tq_round_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_round_f32(x));
}

void tq_sin_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_sin_f32(x));
}

void tq_cos_each_f32(int32_t count, const float *input, float *output)
{
    UNARY(count, input, output, tq_cos_f32(x));
}
