/* ADD with broadcasting: what the kernels of all types share. */
#ifndef TQ_ADD_H
#define TQ_ADD_H

#include <stdint.h>

#include "tq_fixed_point.h"
#include "tq_nest.h"

/* One operand: (q - zero_point), with some bits of headroom below, is scaled by a factor of at most 1/2. */
typedef struct {
    int32_t zero_point;
    int32_t multiplier;
    int32_t shift;
} tq_add_operand;

typedef struct {
    tq_nest rows;     /* over rows of the output; strides[i] in operand i */
    int32_t columns;  /* length of a row */
    int32_t steps[2]; /* along a row, in each operand: 1, or 0 where it is broadcast */
    tq_add_operand operands[2];
    int32_t multiplier; /* of the sum */
    int32_t shift;
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_add_params;

static inline int32_t tq_add_scaled(const tq_add_operand *operand, int32_t code, int32_t headroom)
{
    return tq_scale((code - operand->zero_point) * (1 << headroom), operand->multiplier, operand->shift);
}

/* The code of the sum of two codes. */
static inline int32_t tq_add_codes(const tq_add_params *p, int32_t a, int32_t b, int32_t headroom)
{
    const int32_t sum = tq_add_scaled(&p->operands[0], a, headroom) + tq_add_scaled(&p->operands[1], b, headroom);
    const int32_t value = tq_add(tq_scale(sum, p->multiplier, p->shift), p->output_zero_point);

    return tq_clamp(value, p->output_min, p->output_max);
}

#endif
