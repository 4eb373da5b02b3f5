/* MUL with broadcasting: what the kernels of all types share. */
#ifndef TQ_MUL_H
#define TQ_MUL_H

#include <stdint.h>

#include "tq_fixed_point.h"
#include "tq_nest.h"

typedef struct {
    tq_nest rows;     /* over rows of the output; strides[i] in operand i */
    int32_t columns;  /* length of a row */
    int32_t steps[2]; /* along a row, in each operand: 1, or 0 where it is broadcast */
    int32_t zero_points[2];
    int32_t multiplier; /* of the product */
    int32_t shift;
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_mul_params;

/* The code of the product of two codes. */
static inline int32_t tq_mul_codes(const tq_mul_params *p, int32_t a, int32_t b)
{
    const int32_t product = (a - p->zero_points[0]) * (b - p->zero_points[1]);
    const int32_t value = tq_add(tq_scale(product, p->multiplier, p->shift), p->output_zero_point);

    return tq_clamp(value, p->output_min, p->output_max);
}

#endif
