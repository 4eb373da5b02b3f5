/* MEAN over any axes. */
#ifndef TQ_MEAN_S8_H
#define TQ_MEAN_S8_H

#include <stdint.h>

#include "tq_nest.h"

typedef struct {
    tq_nest kept;       /* over the outputs; strides[0] in the input */
    tq_nest reduced;    /* over the inputs of one output; strides[0] in the input */
    int32_t offset;     /* added to every sum: -count * input_zero_point */
    int32_t multiplier; /* holds 1 / count */
    int32_t shift;
    int32_t output_zero_point;
} tq_mean_s8_params;

void tq_mean_s8(const tq_mean_s8_params *p, const int8_t *input, int8_t *output);

#endif
