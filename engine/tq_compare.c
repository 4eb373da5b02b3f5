#include "tq_compare.h"

#include "tq_fixed_point.h"

enum { HEADROOM = 8 }; /* bits */

static inline int32_t scaled(const tq_compare_operand *operand, int32_t code)
{
    return tq_scale((code - operand->zero_point) * (1 << HEADROOM), operand->multiplier, operand->shift);
}

void tq_equal_s8(const tq_compare_s8_params *p, const int8_t *input_0, const int8_t *input_1, bool *output)
{
    TQ_BROADCAST(&p->how, int8_t, input_0, input_1, bool, output,
                 scaled(&p->operands[0], a) == scaled(&p->operands[1], b));
}

void tq_not_equal_s8(const tq_compare_s8_params *p, const int8_t *input_0, const int8_t *input_1, bool *output)
{
    TQ_BROADCAST(&p->how, int8_t, input_0, input_1, bool, output,
                 scaled(&p->operands[0], a) != scaled(&p->operands[1], b));
}

void tq_greater_s8(const tq_compare_s8_params *p, const int8_t *input_0, const int8_t *input_1, bool *output)
{
    TQ_BROADCAST(&p->how, int8_t, input_0, input_1, bool, output,
                 scaled(&p->operands[0], a) > scaled(&p->operands[1], b));
}

void tq_greater_equal_s8(const tq_compare_s8_params *p, const int8_t *input_0, const int8_t *input_1, bool *output)
{
    TQ_BROADCAST(&p->how, int8_t, input_0, input_1, bool, output,
                 scaled(&p->operands[0], a) >= scaled(&p->operands[1], b));
}

void tq_equal_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, bool *output)
{
    TQ_BROADCAST(how, int32_t, input_0, input_1, bool, output, a == b);
}

void tq_not_equal_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, bool *output)
{
    TQ_BROADCAST(how, int32_t, input_0, input_1, bool, output, a != b);
}

void tq_greater_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, bool *output)
{
    TQ_BROADCAST(how, int32_t, input_0, input_1, bool, output, a > b);
}

void tq_greater_equal_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, bool *output)
{
    TQ_BROADCAST(how, int32_t, input_0, input_1, bool, output, a >= b);
}

void tq_equal_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, bool *output)
{
    TQ_BROADCAST(how, int64_t, input_0, input_1, bool, output, a == b);
}

void tq_not_equal_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, bool *output)
{
    TQ_BROADCAST(how, int64_t, input_0, input_1, bool, output, a != b);
}

void tq_greater_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, bool *output)
{
    TQ_BROADCAST(how, int64_t, input_0, input_1, bool, output, a > b);
}

void tq_greater_equal_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, bool *output)
{
    TQ_BROADCAST(how, int64_t, input_0, input_1, bool, output, a >= b);
}

void tq_equal_f32(const tq_broadcast *how, const float *input_0, const float *input_1, bool *output)
{
    TQ_BROADCAST(how, float, input_0, input_1, bool, output, a >= b && a <= b);
}

void tq_not_equal_f32(const tq_broadcast *how, const float *input_0, const float *input_1, bool *output)
{
    TQ_BROADCAST(how, float, input_0, input_1, bool, output, !(a >= b && a <= b));
}

void tq_greater_f32(const tq_broadcast *how, const float *input_0, const float *input_1, bool *output)
{
    TQ_BROADCAST(how, float, input_0, input_1, bool, output, a > b);
}

void tq_greater_equal_f32(const tq_broadcast *how, const float *input_0, const float *input_1, bool *output)
{
    TQ_BROADCAST(how, float, input_0, input_1, bool, output, a >= b);
}

void tq_equal_bool(const tq_broadcast *how, const bool *input_0, const bool *input_1, bool *output)
{
    TQ_BROADCAST(how, bool, input_0, input_1, bool, output, a == b);
}

void tq_not_equal_bool(const tq_broadcast *how, const bool *input_0, const bool *input_1, bool *output)
{
    TQ_BROADCAST(how, bool, input_0, input_1, bool, output, a != b);
}
