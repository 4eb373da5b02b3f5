/* MUL of int16 with broadcasting. */
#ifndef TQ_MUL_S16_H
#define TQ_MUL_S16_H

#include "tq_mul.h"

void tq_mul_s16(const tq_mul_params *p, const int16_t *input_0, const int16_t *input_1, int16_t *output);

#endif
