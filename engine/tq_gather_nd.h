/* GATHER_ND of any type. */
#ifndef TQ_GATHER_ND_H
#define TQ_GATHER_ND_H

#include <stdint.h>

enum { TQ_GATHER_ND_MAX_DIMENSIONS = 5 };

/* indices [slices][dimensions], output [slices][slice] */
typedef struct {
    int32_t slices;
    int32_t dimensions;
    int32_t sizes[TQ_GATHER_ND_MAX_DIMENSIONS];  /* of the input, that indices choose from */
    int32_t strides[TQ_GATHER_ND_MAX_DIMENSIONS]; /* in bytes */
    int32_t slice_bytes;
} tq_gather_nd_params;

/* Indices beyond a dimension are taken as its nearest end. */
void tq_gather_nd(const tq_gather_nd_params *p, const void *input, const int32_t *indices, void *output);

#endif
