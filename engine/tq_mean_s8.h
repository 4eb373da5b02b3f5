/* MEAN of int8 over any axes. */
#ifndef TQ_MEAN_S8_H
#define TQ_MEAN_S8_H

#include "tq_mean.h"

void tq_mean_s8(const tq_mean_params *p, const int8_t *input, int8_t *output);

#endif
