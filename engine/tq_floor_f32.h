/* FLOOR_DIV and FLOOR_MOD of float32, with broadcasting. */
#ifndef TQ_FLOOR_F32_H
#define TQ_FLOOR_F32_H

#include "tq_broadcast.h"

void tq_floor_div_f32(const tq_broadcast *how, const float *input_0, const float *input_1, float *output);
void tq_floor_mod_f32(const tq_broadcast *how, const float *input_0, const float *input_1, float *output);

#endif
