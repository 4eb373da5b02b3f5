#include "tq_add_s16.h"

enum { HEADROOM = 15 }; /* bits */

void tq_add_s16(const tq_add_params *p, const int16_t *input_0, const int16_t *input_1, int16_t *output)
{
    tq_nest_state row = {0};

    do {
        const int16_t *a = input_0 + row.offset[0];
        const int16_t *b = input_1 + row.offset[1];

        for (int32_t column = 0; column < p->columns; ++column) {
            *output++ = (int16_t)tq_add_codes(p, *a, *b, HEADROOM);
            a += p->steps[0];
            b += p->steps[1];
        }
    } while (tq_nest_next(&p->rows, &row));
}
