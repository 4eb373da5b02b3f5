#include "tq_mul_s8.h"

void tq_mul_s8(const tq_mul_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    tq_nest_state row = {0};

    do {
        const int8_t *a = input_0 + row.offset[0];
        const int8_t *b = input_1 + row.offset[1];

        for (int32_t column = 0; column < p->columns; ++column) {
            *output++ = (int8_t)tq_mul_codes(p, *a, *b);
            a += p->steps[0];
            b += p->steps[1];
        }
    } while (tq_nest_next(&p->rows, &row));
}
