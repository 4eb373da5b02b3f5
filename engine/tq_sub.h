/* SUB of quantized codes with broadcasting; parameters and operands as for ADD. */
#ifndef TQ_SUB_H
#define TQ_SUB_H

#include <stdint.h>

#include "tq_add.h"
#include "tq_broadcast.h"

typedef struct {
    tq_broadcast how;
    tq_add_operand operands[2];
    int32_t multiplier; /* of the difference */
    int32_t shift;
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_sub_params;

void tq_sub_s8(const tq_sub_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output);
void tq_sub_s16(const tq_sub_params *p, const int16_t *input_0, const int16_t *input_1, int16_t *output);

#endif
