/* GATHER of any type. */
#ifndef TQ_GATHER_H
#define TQ_GATHER_H

#include <stdint.h>

/* input [batches][outer][axis][slice], indices [batches][indices], output [batches][outer][indices][slice] */
typedef struct {
    int32_t batches;
    int32_t outer;
    int32_t axis;
    int32_t indices;
    int32_t slice_bytes;
} tq_gather_params;

/* Indices beyond the axis are taken as its nearest end. */
void tq_gather(const tq_gather_params *p, const void *input, const int32_t *indices, void *output);

#endif
