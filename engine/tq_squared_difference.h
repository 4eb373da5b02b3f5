/* SQUARED_DIFFERENCE of quantized codes with broadcasting. */
#ifndef TQ_SQUARED_DIFFERENCE_H
#define TQ_SQUARED_DIFFERENCE_H

#include <stdint.h>

#include "tq_add.h"
#include "tq_broadcast.h"

typedef struct {
    tq_broadcast how;
    tq_add_operand operands[2];
    int32_t multiplier; /* of the square */
    int32_t shift;
    int32_t output_zero_point;
} tq_squared_difference_params;

void tq_squared_difference_s8(
    const tq_squared_difference_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output);
void tq_squared_difference_s16(
    const tq_squared_difference_params *p, const int16_t *input_0, const int16_t *input_1, int16_t *output);

#endif
