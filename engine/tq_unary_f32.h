/* Element-wise functions of float32. */
#ifndef TQ_UNARY_F32_H
#define TQ_UNARY_F32_H

#include <stdint.h>

void tq_relu_f32(int32_t count, const float *input, float *output);
void tq_relu6_f32(int32_t count, const float *input, float *output);
void tq_abs_f32(int32_t count, const float *input, float *output);
void tq_neg_f32(int32_t count, const float *input, float *output);
void tq_square_f32(int32_t count, const float *input, float *output);
void tq_hard_swish_f32(int32_t count, const float *input, float *output);
void tq_exp_each_f32(int32_t count, const float *input, float *output);
void tq_log_each_f32(int32_t count, const float *input, float *output);
void tq_sqrt_each_f32(int32_t count, const float *input, float *output);
void tq_rsqrt_f32(int32_t count, const float *input, float *output);
void tq_tanh_each_f32(int32_t count, const float *input, float *output);
void tq_logistic_each_f32(int32_t count, const float *input, float *output);
void tq_elu_f32(int32_t count, const float *input, float *output);
void tq_ceil_each_f32(int32_t count, const float *input, float *output);
void tq_floor_each_f32(int32_t count, const float *input, float *output);
void tq_round_each_f32(int32_t count, const float *input, float *output);
void tq_sin_each_f32(int32_t count, const float *input, float *output);
void tq_cos_each_f32(int32_t count, const float *input, float *output);
void tq_leaky_relu_f32(float slope, int32_t count, const float *input, float *output);

#endif
