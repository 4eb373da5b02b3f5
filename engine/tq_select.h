/* SELECT_V2 with broadcasting, by the width of the elements in bits. */
#ifndef TQ_SELECT_H
#define TQ_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "tq_nest.h"

/* Two nests of the same loops: strides of condition and first operand, and of the second operand (its strides[0]). */
typedef struct {
    tq_nest rows;
    tq_nest second;
    int32_t columns;  /* length of a row */
    int32_t steps[3]; /* along a row: condition, first and second operand */
} tq_select_params;

void tq_select_8(
    const tq_select_params *p, const bool *condition, const void *input_0, const void *input_1, void *output);
void tq_select_16(
    const tq_select_params *p, const bool *condition, const void *input_0, const void *input_1, void *output);
void tq_select_32(
    const tq_select_params *p, const bool *condition, const void *input_0, const void *input_1, void *output);

#endif
