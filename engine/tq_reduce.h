/* REDUCE_MAX and REDUCE_MIN over any axes. */
#ifndef TQ_REDUCE_H
#define TQ_REDUCE_H

#include <stdint.h>

#include "tq_nest.h"

/* Loops over the elements of the output and over those that each of them is made of; strides[0] in the input. */
typedef struct {
    tq_nest kept;
    tq_nest reduced;
} tq_reduce_params;

void tq_reduce_max_s8(const tq_reduce_params *p, const int8_t *input, int8_t *output);
void tq_reduce_max_f32(const tq_reduce_params *p, const float *input, float *output);
void tq_reduce_min_s8(const tq_reduce_params *p, const int8_t *input, int8_t *output);
void tq_reduce_min_f32(const tq_reduce_params *p, const float *input, float *output);

#endif
