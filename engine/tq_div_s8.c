#include "tq_div_s8.h"

#include "tq_fixed_point.h"
#include "tq_reciprocal.h"

/* How far a number other than 0 can be shifted to the left. */
static int32_t headroom_of(int32_t x)
{
    const int32_t bits = x < 0 ? -x - 1 : x;

    return bits == 0 ? 31 : tq_leading_zeros(bits) - 1;
}

/* a / b in output codes, b > 0: a is shifted to the top of a word, b is inverted. */
static int32_t quotient(const tq_div_s8_params *p, int32_t a, int32_t b)
{
    if (a == 0) {
        return 0;
    }
    const int32_t zeros = tq_leading_zeros(b);
    const int32_t inverse = tq_one_over_one_plus((int32_t)(((uint32_t)b << zeros) - (UINT32_C(1) << 31)));
    const int32_t headroom = headroom_of(a);
    const int32_t shift = (31 - zeros) + headroom - p->shift;
    const int32_t ratio = tq_multiply_high((int32_t)((uint32_t)a << headroom), inverse);

    return tq_divide_by_power_of_two(tq_multiply_high(ratio, p->multiplier), shift > 31 ? 31 : shift);
}

static inline int32_t divided(const tq_div_s8_params *p, int32_t dividend, int32_t divisor)
{
    const int32_t a = dividend - p->zero_points[0];
    const int32_t b = divisor - p->zero_points[1];

    if (b == 0) {
        return a < 0 ? p->output_min : p->output_max;
    }
    return tq_clamp(tq_add(b < 0 ? quotient(p, -a, -b) : quotient(p, a, b), p->output_zero_point),
                    p->output_min, p->output_max);
}

void tq_div_s8(const tq_div_s8_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    TQ_BROADCAST(&p->how, int8_t, input_0, input_1, int8_t, output, divided(p, a, b));
}
