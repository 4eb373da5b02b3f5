/* ADD, SUB, MUL, DIV and SQUARED_DIFFERENCE of float32, with broadcasting. */
#ifndef TQ_ARITHMETIC_F32_H
#define TQ_ARITHMETIC_F32_H

#include <stdint.h>

#include "tq_broadcast.h"

typedef struct {
    tq_broadcast how;
    float output_min; /* fused activation */
    float output_max;
} tq_arithmetic_f32_params;

void tq_add_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output);
void tq_sub_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output);
void tq_mul_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output);
void tq_div_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output);
void tq_squared_difference_f32(
    const tq_arithmetic_f32_params *p, const float *input_0, const float *input_1, float *output);

#endif
