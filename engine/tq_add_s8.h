/* ADD of int8 with broadcasting. */
#ifndef TQ_ADD_S8_H
#define TQ_ADD_S8_H

#include "tq_add.h"

void tq_add_s8(const tq_add_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output);

#endif
