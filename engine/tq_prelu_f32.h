/* PRELU of float32 with broadcasting of the slopes. */
#ifndef TQ_PRELU_F32_H
#define TQ_PRELU_F32_H

#include "tq_broadcast.h"

void tq_prelu_f32(const tq_broadcast *how, const float *input, const float *slopes, float *output);

#endif
