/* RELU of int16 with rescaling; zero points are 0. */
#ifndef TQ_RELU_S16_H
#define TQ_RELU_S16_H

#include <stdint.h>

void tq_relu_s16(int32_t multiplier, int32_t shift, int32_t count, const int16_t *input, int16_t *output);

#endif
