#include "tq_squared_difference.h"

enum { HEADROOM_S8 = 7, HEADROOM_S16 = 0 }; /* bits */

static inline int32_t square(const tq_squared_difference_params *p, int32_t a, int32_t b, int32_t headroom)
{
    const int32_t raw = tq_add_scaled(&p->operands[0], a, headroom) - tq_add_scaled(&p->operands[1], b, headroom);

    return tq_add(tq_scale(raw * raw, p->multiplier, p->shift), p->output_zero_point);
}

void tq_squared_difference_s8(
    const tq_squared_difference_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    TQ_BROADCAST(&p->how, int8_t, input_0, input_1, int8_t, output,
                 tq_clamp(square(p, a, b, HEADROOM_S8), INT8_MIN, INT8_MAX));
}

void tq_squared_difference_s16(
    const tq_squared_difference_params *p, const int16_t *input_0, const int16_t *input_1, int16_t *output)
{
    TQ_BROADCAST(&p->how, int16_t, input_0, input_1, int16_t, output,
                 tq_clamp(square(p, a, b, HEADROOM_S16), INT16_MIN, INT16_MAX));
}
