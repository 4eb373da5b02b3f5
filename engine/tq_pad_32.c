#include "tq_pad_32.h"

#include <stddef.h>
#include <string.h>

void tq_pad_32(const tq_pad_params *p, const void *input, void *output)
{
    const uint8_t *from = input;
    uint8_t *to = output;
    tq_nest_state row = {0};

    for (int32_t i = 0; i < p->output_size; ++i) {
        memcpy(to + 4 * i, &p->value, sizeof p->value);
    }
    to += 4 * p->output_offset;
    do {
        memcpy(to + 4 * row.offset[1], from + 4 * row.offset[0], 4 * (size_t)p->row_size);
    } while (tq_nest_next(&p->rows, &row));
}
