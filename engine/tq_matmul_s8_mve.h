/* CONV_2D with 1x1 filters and stride 1 for the vector extension: every pixel of the input times the same weights. */
#ifndef TQ_MATMUL_S8_MVE_H
#define TQ_MATMUL_S8_MVE_H

#include <stdint.h>

#include "tq_dot_s8_mve.h"

typedef struct {
    int32_t rows;    /* input [rows][depth], output [rows][columns] */
    int32_t depth;
    int32_t columns; /* output channels */
    tq_dot_s8_mve_params dot;
} tq_matmul_s8_mve_params;

/* Bytes of the scratch buffer: a tile, and four rows of outputs. */
#define TQ_MATMUL_S8_MVE_SCRATCH_BYTES(depth, columns) (((depth) + 15) / 16 * 64 + ((columns) + 3) / 4 * 16)

void tq_matmul_s8_mve(const tq_matmul_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch);

/* The same after a ReLU, see tq_dot_s8_mve_relu. */
void tq_matmul_s8_mve_relu(const tq_matmul_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch);

#endif
