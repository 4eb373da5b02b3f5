/* EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS and LESS_EQUAL with broadcasting: of plain numbers, and of int8 codes.
 *
 * Outputs are 0 or 1. LESS is GREATER with its operands exchanged.
 */
#ifndef TQ_COMPARE_H
#define TQ_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "tq_broadcast.h"

/* (q - zero_point), with some bits of headroom below, is scaled by the scale of its tensor. */
typedef struct {
    int32_t zero_point;
    int32_t multiplier;
    int32_t shift;
} tq_compare_operand;

typedef struct {
    tq_broadcast how;
    tq_compare_operand operands[2];
} tq_compare_s8_params;

void tq_equal_s8(const tq_compare_s8_params *p, const int8_t *input_0, const int8_t *input_1, bool *output);
void tq_not_equal_s8(const tq_compare_s8_params *p, const int8_t *input_0, const int8_t *input_1, bool *output);
void tq_greater_s8(const tq_compare_s8_params *p, const int8_t *input_0, const int8_t *input_1, bool *output);
void tq_greater_equal_s8(const tq_compare_s8_params *p, const int8_t *input_0, const int8_t *input_1, bool *output);

void tq_equal_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, bool *output);
void tq_not_equal_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, bool *output);
void tq_greater_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, bool *output);
void tq_greater_equal_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, bool *output);

void tq_equal_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, bool *output);
void tq_not_equal_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, bool *output);
void tq_greater_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, bool *output);
void tq_greater_equal_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, bool *output);

void tq_equal_f32(const tq_broadcast *how, const float *input_0, const float *input_1, bool *output);
void tq_not_equal_f32(const tq_broadcast *how, const float *input_0, const float *input_1, bool *output);
void tq_greater_f32(const tq_broadcast *how, const float *input_0, const float *input_1, bool *output);
void tq_greater_equal_f32(const tq_broadcast *how, const float *input_0, const float *input_1, bool *output);

void tq_equal_bool(const tq_broadcast *how, const bool *input_0, const bool *input_1, bool *output);
void tq_not_equal_bool(const tq_broadcast *how, const bool *input_0, const bool *input_1, bool *output);

#endif
