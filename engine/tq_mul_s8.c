#include "tq_mul_s8.h"

#include "tq_fixed_point.h"

void tq_mul_s8(const tq_mul_s8_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    tq_nest_state row = {0};

    do {
        const int8_t *a = input_0 + row.offset[0];
        const int8_t *b = input_1 + row.offset[1];

        for (int32_t column = 0; column < p->columns; ++column) {
            const int32_t product = (*a - p->zero_points[0]) * (*b - p->zero_points[1]);
            const int32_t value = tq_add(tq_scale(product, p->multiplier, p->shift), p->output_zero_point);

            *output++ = (int8_t)tq_clamp(value, p->output_min, p->output_max);
            a += p->steps[0];
            b += p->steps[1];
        }
    } while (tq_nest_next(&p->rows, &row));
}
