#include "tq_sub.h"

enum { HEADROOM_S8 = 20, HEADROOM_S16 = 15 }; /* bits */

static inline int32_t difference(const tq_sub_params *p, int32_t a, int32_t b, int32_t headroom)
{
    const int32_t raw = tq_add_scaled(&p->operands[0], a, headroom) - tq_add_scaled(&p->operands[1], b, headroom);
    const int32_t value = tq_add(tq_scale(raw, p->multiplier, p->shift), p->output_zero_point);

    return tq_clamp(value, p->output_min, p->output_max);
}

void tq_sub_s8(const tq_sub_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    TQ_BROADCAST(&p->how, int8_t, input_0, input_1, int8_t, output, difference(p, a, b, HEADROOM_S8));
}

void tq_sub_s16(const tq_sub_params *p, const int16_t *input_0, const int16_t *input_1, int16_t *output)
{
    TQ_BROADCAST(&p->how, int16_t, input_0, input_1, int16_t, output, difference(p, a, b, HEADROOM_S16));
}
