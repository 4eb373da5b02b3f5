#include "tq_add_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include "tq_dsp.h"

enum { HEADROOM = 20 }; /* bits */

/* The scaled operand, less the other one's zero point, by the bits of its code. */
static void fill_table(const tq_add_s8_dsp_params *p, int32_t factor, int32_t *table)
{
    const int32_t direct_zero = p->direct_zero_point * (1 << (HEADROOM - 1));
    const int32_t multiplier = p->looked_up.multiplier;
    const int32_t right = -p->looked_up.shift; /* the factor is at most 1/2 */
    int32_t twice = (INT8_MIN - p->looked_up.zero_point) * (1 << (HEADROOM + 1));

    for (int32_t code = INT8_MIN; code <= INT8_MAX; ++code) {
        const int32_t scaled = tq_divide_by_power_of_two(tq_smmlar(twice, multiplier, 0), right);

        table[code & 255] = (scaled - direct_zero) * factor;
        twice += 1 << (HEADROOM + 1);
    }
}

void tq_add_s8_dsp(const tq_add_s8_dsp_params *p, const int8_t *direct, const int8_t *looked_up, int8_t *output,
                   void *scratch)
{
    const int32_t addend = (1 << (p->right - 1)) + p->output_zero_point * (1 << p->right);
    const int32_t multiplier = p->multiplier;
    const int32_t right = p->right;
    const int8_t *end = output + p->count;
    int32_t *table = scratch;

    fill_table(p, 2, table);
#pragma GCC unroll 4
    while (output < end) {
        const int32_t sum = table[(uint8_t)*looked_up++] + *direct++ * (1 << HEADROOM); /* twice the sum */

        /* ties of negative numbers go down */
        *output++ = (int8_t)tq_ssat8(tq_smmlar(sum, multiplier, addend + (sum >> 31)) >> right);
    }
}

void tq_add_nonnegative_s8_dsp(const tq_add_s8_dsp_params *p, const int8_t *direct, const int8_t *looked_up,
                               int8_t *output, void *scratch)
{
    /* both roundings in one: 2^0 for that of the product, 2^(right - 1) for that of the shift, the sum four times */
    const int32_t right = p->right + 1;
    const int32_t addend = 1 + (1 << (right - 1)) + p->output_zero_point * (1 << right);
    const int32_t multiplier = p->multiplier;
    const int8_t *end = output + p->count;
    int32_t *table = scratch;

    fill_table(p, 4, table);
#pragma GCC unroll 4
    while (output < end) {
        const int32_t sum = table[(uint8_t)*looked_up++] + *direct++ * (1 << (HEADROOM + 1));

        *output++ = (int8_t)tq_ssat8(tq_smmla(sum, multiplier, addend) >> right);
    }
}

#endif
