/* ADD, SUB, MUL, DIV and SQUARED_DIFFERENCE of int32, modulo 2^32, with broadcasting. */
#ifndef TQ_ARITHMETIC_S32_H
#define TQ_ARITHMETIC_S32_H

#include <stdint.h>

#include "tq_broadcast.h"

typedef struct {
    tq_broadcast how;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_arithmetic_s32_params;

void tq_add_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output);
void tq_sub_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output);
void tq_mul_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output);
void tq_div_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output);
void tq_squared_difference_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output);

#endif
