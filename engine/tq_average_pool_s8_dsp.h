/* AVERAGE_POOL_2D of int8 for cores with the DSP extension: four channels at a time. */
#ifndef TQ_AVERAGE_POOL_S8_DSP_H
#define TQ_AVERAGE_POOL_S8_DSP_H

#include <stdint.h>

#include "tq_pool.h"

/* At least four channels, and filters of at most 255 taps. */
void tq_average_pool_s8_dsp(const tq_pool_params *p, const int8_t *input, int8_t *output);

#endif
