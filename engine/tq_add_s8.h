/* ADD with broadcasting. */
#ifndef TQ_ADD_S8_H
#define TQ_ADD_S8_H

#include <stdint.h>

#include "tq_nest.h"

/* One operand: (q - zero_point) * 2^20 is scaled by a factor of at most 1/2. */
typedef struct {
    int32_t zero_point;
    int32_t multiplier;
    int32_t shift;
} tq_add_s8_operand;

typedef struct {
    tq_nest rows;    /* over rows of the output; strides[i] in operand i */
    int32_t columns; /* length of a row */
    int32_t steps[2]; /* along a row, in each operand: 1, or 0 where it is broadcast */
    tq_add_s8_operand operands[2];
    int32_t multiplier; /* of the sum */
    int32_t shift;
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_add_s8_params;

void tq_add_s8(const tq_add_s8_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output);

#endif
