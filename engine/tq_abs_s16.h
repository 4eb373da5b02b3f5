/* ABS of int16. */
#ifndef TQ_ABS_S16_H
#define TQ_ABS_S16_H

#include <stdint.h>

/* output[i] = the magnitude of input[i] times a factor in the form of tq_scale. */
void tq_abs_s16(int32_t multiplier, int32_t shift, int32_t count, const int16_t *input, int16_t *output);

#endif
