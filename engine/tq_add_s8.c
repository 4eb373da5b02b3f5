#include "tq_add_s8.h"

#include "tq_fixed_point.h"

enum { HEADROOM_FACTOR = 1 << 20 };

static int32_t scaled(const tq_add_s8_operand *operand, int32_t value)
{
    return tq_scale((value - operand->zero_point) * HEADROOM_FACTOR, operand->multiplier, operand->shift);
}

void tq_add_s8(const tq_add_s8_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    tq_nest_state row = {0};

    do {
        const int8_t *a = input_0 + row.offset[0];
        const int8_t *b = input_1 + row.offset[1];

        for (int32_t column = 0; column < p->columns; ++column) {
            const int32_t sum = scaled(&p->operands[0], *a) + scaled(&p->operands[1], *b);
            const int32_t value = tq_add(tq_scale(sum, p->multiplier, p->shift), p->output_zero_point);

            *output++ = (int8_t)tq_clamp(value, p->output_min, p->output_max);
            a += p->steps[0];
            b += p->steps[1];
        }
    } while (tq_nest_next(&p->rows, &row));
}
