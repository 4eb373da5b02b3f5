/* MUL of int8 with broadcasting. */
#ifndef TQ_MUL_S8_H
#define TQ_MUL_S8_H

#include "tq_mul.h"

void tq_mul_s8(const tq_mul_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output);

#endif
