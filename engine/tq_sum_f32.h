/* SUM and MEAN of float32 over any axes. */
#ifndef TQ_SUM_F32_H
#define TQ_SUM_F32_H

#include "tq_reduce.h"

/* Sums divided by a number: 1, or how many elements each has. */
void tq_sum_f32(const tq_reduce_params *p, float divisor, const float *input, float *output);

#endif
