#include "tq_pad_s16.h"

#include <stddef.h>
#include <string.h>

void tq_pad_s16(const tq_pad_params *p, const int16_t *input, int16_t *output)
{
    tq_nest_state row = {0};

    for (int32_t i = 0; i < p->output_size; ++i) {
        output[i] = (int16_t)p->value;
    }
    output += p->output_offset;
    do {
        memcpy(output + row.offset[1], input + row.offset[0], (size_t)p->row_size * sizeof *input);
    } while (tq_nest_next(&p->rows, &row));
}
