#include "tq_move.h"

#include <stddef.h>
#include <string.h>

void tq_move_rows(const tq_move_params *p, const void *input, void *output)
{
    tq_nest_state row = {0};

    do {
        memcpy((uint8_t *)output + row.offset[1], (const uint8_t *)input + row.offset[0], (size_t)p->columns);
    } while (tq_nest_next(&p->rows, &row));
}

void tq_move_8(const tq_move_params *p, const void *input, void *output)
{
    tq_nest_state row = {0};

    do {
        const uint8_t *from = (const uint8_t *)input + row.offset[0];
        uint8_t *to = (uint8_t *)output + row.offset[1];

        for (int32_t column = 0; column < p->columns; ++column) {
            *to = *from;
            from += p->steps[0];
            to += p->steps[1];
        }
    } while (tq_nest_next(&p->rows, &row));
}

void tq_move_16(const tq_move_params *p, const void *input, void *output)
{
    tq_nest_state row = {0};

    do {
        const uint16_t *from = (const uint16_t *)input + row.offset[0];
        uint16_t *to = (uint16_t *)output + row.offset[1];

        for (int32_t column = 0; column < p->columns; ++column) {
            *to = *from;
            from += p->steps[0];
            to += p->steps[1];
        }
    } while (tq_nest_next(&p->rows, &row));
}

void tq_move_32(const tq_move_params *p, const void *input, void *output)
{
    tq_nest_state row = {0};

    do {
        const uint32_t *from = (const uint32_t *)input + row.offset[0];
        uint32_t *to = (uint32_t *)output + row.offset[1];

        for (int32_t column = 0; column < p->columns; ++column) {
            *to = *from;
            from += p->steps[0];
            to += p->steps[1];
        }
    } while (tq_nest_next(&p->rows, &row));
}

void tq_move_64(const tq_move_params *p, const void *input, void *output)
{
    tq_nest_state row = {0};

    do {
        const uint64_t *from = (const uint64_t *)input + row.offset[0];
        uint64_t *to = (uint64_t *)output + row.offset[1];

        for (int32_t column = 0; column < p->columns; ++column) {
            *to = *from;
            from += p->steps[0];
            to += p->steps[1];
        }
    } while (tq_nest_next(&p->rows, &row));
}
