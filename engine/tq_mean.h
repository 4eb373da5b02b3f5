/* MEAN over any axes: what the kernels of all types share. */
#ifndef TQ_MEAN_H
#define TQ_MEAN_H

#include <stdint.h>

#include "tq_fixed_point.h"
#include "tq_nest.h"

typedef struct {
    tq_nest kept;       /* over the outputs; strides[0] in the input */
    tq_nest reduced;    /* over the inputs of one output; strides[0] in the input */
    int32_t offset;     /* added to every sum: -count * input_zero_point */
    int32_t multiplier; /* holds 1 / count */
    int32_t shift;
    int32_t output_zero_point;
} tq_mean_params;

/* The mean of inputs whose sum is given; not saturated. */
static inline int32_t tq_mean_of(const tq_mean_params *p, int32_t sum)
{
    return tq_add(tq_scale(tq_add(sum, p->offset), p->multiplier, p->shift), p->output_zero_point);
}

#endif
