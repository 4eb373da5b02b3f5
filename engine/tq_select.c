#include "tq_select.h"

void tq_select_8(
    const tq_select_params *p, const bool *condition, const void *input_0, const void *input_1, void *output)
{
    tq_nest_state row = {0};
    tq_nest_state second = {0};
    uint8_t *to = output;

    do {
        const bool *choice = condition + row.offset[0];
        const uint8_t *a = (const uint8_t *)input_0 + row.offset[1];
        const uint8_t *b = (const uint8_t *)input_1 + second.offset[0];

        for (int32_t column = 0; column < p->columns; ++column) {
            *to++ = *choice ? *a : *b;
            choice += p->steps[0];
            a += p->steps[1];
            b += p->steps[2];
        }
        (void)tq_nest_next(&p->second, &second);
    } while (tq_nest_next(&p->rows, &row));
}

void tq_select_16(
    const tq_select_params *p, const bool *condition, const void *input_0, const void *input_1, void *output)
{
    tq_nest_state row = {0};
    tq_nest_state second = {0};
    uint16_t *to = output;

    do {
        const bool *choice = condition + row.offset[0];
        const uint16_t *a = (const uint16_t *)input_0 + row.offset[1];
        const uint16_t *b = (const uint16_t *)input_1 + second.offset[0];

        for (int32_t column = 0; column < p->columns; ++column) {
            *to++ = *choice ? *a : *b;
            choice += p->steps[0];
            a += p->steps[1];
            b += p->steps[2];
        }
        (void)tq_nest_next(&p->second, &second);
    } while (tq_nest_next(&p->rows, &row));
}

void tq_select_32(
    const tq_select_params *p, const bool *condition, const void *input_0, const void *input_1, void *output)
{
    tq_nest_state row = {0};
    tq_nest_state second = {0};
    uint32_t *to = output;

    do {
        const bool *choice = condition + row.offset[0];
        const uint32_t *a = (const uint32_t *)input_0 + row.offset[1];
        const uint32_t *b = (const uint32_t *)input_1 + second.offset[0];

        for (int32_t column = 0; column < p->columns; ++column) {
            *to++ = *choice ? *a : *b;
            choice += p->steps[0];
            a += p->steps[1];
            b += p->steps[2];
        }
        (void)tq_nest_next(&p->second, &second);
    } while (tq_nest_next(&p->rows, &row));
}
