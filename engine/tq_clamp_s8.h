/* RELU and RELU6 where input and output have the same quantization. */
#ifndef TQ_CLAMP_S8_H
#define TQ_CLAMP_S8_H

#include <stdint.h>

void tq_clamp_s8(int32_t low, int32_t high, int32_t count, const int8_t *input, int8_t *output);

#endif
