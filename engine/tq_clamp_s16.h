/* RELU and RELU6 of int16 where input and output have the same quantization. */
#ifndef TQ_CLAMP_S16_H
#define TQ_CLAMP_S16_H

#include <stdint.h>

void tq_clamp_s16(int32_t low, int32_t high, int32_t count, const int16_t *input, int16_t *output);

#endif
