#include "tq_arithmetic_s32.h"

#include "tq_fixed_point.h"

static inline int32_t subtract(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

static inline int32_t multiply(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a * (uint32_t)b);
}

/* Towards 0; 0 for what has no quotient. */
static inline int32_t divide(int32_t a, int32_t b)
{
    return b == 0 || (a == INT32_MIN && b == -1) ? 0 : a / b;
}

void tq_add_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output)
{
    TQ_BROADCAST(&p->how, int32_t, input_0, input_1, int32_t, output, tq_clamp(tq_add(a, b), p->output_min, p->output_max));
}

void tq_sub_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output)
{
    TQ_BROADCAST(&p->how, int32_t, input_0, input_1, int32_t, output, tq_clamp(subtract(a, b), p->output_min, p->output_max));
}

void tq_mul_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output)
{
    TQ_BROADCAST(&p->how, int32_t, input_0, input_1, int32_t, output, tq_clamp(multiply(a, b), p->output_min, p->output_max));
}

void tq_div_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output)
{
    TQ_BROADCAST(&p->how, int32_t, input_0, input_1, int32_t, output, tq_clamp(divide(a, b), p->output_min, p->output_max));
}

void tq_squared_difference_s32(
    const tq_arithmetic_s32_params *p, const int32_t *input_0, const int32_t *input_1, int32_t *output)
{
    TQ_BROADCAST(&p->how, int32_t, input_0, input_1, int32_t, output, multiply(subtract(a, b), subtract(a, b)));
}
