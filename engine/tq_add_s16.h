/* ADD of int16 with broadcasting. */
#ifndef TQ_ADD_S16_H
#define TQ_ADD_S16_H

#include "tq_add.h"

void tq_add_s16(const tq_add_params *p, const int16_t *input_0, const int16_t *input_1, int16_t *output);

#endif
