#include "tq_pad_s8.h"

#include <stddef.h>
#include <string.h>

void tq_pad_s8(const tq_pad_params *p, const int8_t *input, int8_t *output)
{
    tq_nest_state row = {0};

    memset(output, p->value, (size_t)p->output_size);
    output += p->output_offset;
    do {
        memcpy(output + row.offset[1], input + row.offset[0], (size_t)p->row_size);
    } while (tq_nest_next(&p->rows, &row));
}
