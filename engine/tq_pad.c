#include "tq_pad.h"

#include <stddef.h>
#include <string.h>

void tq_pad(const tq_pad_params *p, const void *input, void *output)
{
    const uint8_t *from = input;
    uint8_t *to = output;
    tq_nest_state row = {0};

    memset(to, p->value, (size_t)p->output_bytes);
    to += p->output_offset;
    do {
        memcpy(to + row.offset[1], from + row.offset[0], (size_t)p->row_bytes);
    } while (tq_nest_next(&p->rows, &row));
}
