/* Operators that only move elements: TRANSPOSE, STRIDED_SLICE, BROADCAST_TO and others, of any type. */
#ifndef TQ_MOVE_H
#define TQ_MOVE_H

#include <stdint.h>

#include "tq_nest.h"

/* Strides and steps are those of input and output: in elements, but in bytes for tq_move_rows. */
typedef struct {
    tq_nest rows;
    int32_t columns;  /* length of a row */
    int32_t steps[2]; /* along a row */
} tq_move_params;

/* Rows that are contiguous in input and output. */
void tq_move_rows(const tq_move_params *p, const void *input, void *output);

/* Elements one by one, by their width in bits. */
void tq_move_8(const tq_move_params *p, const void *input, void *output);
void tq_move_16(const tq_move_params *p, const void *input, void *output);
void tq_move_32(const tq_move_params *p, const void *input, void *output);
void tq_move_64(const tq_move_params *p, const void *input, void *output);

#endif
