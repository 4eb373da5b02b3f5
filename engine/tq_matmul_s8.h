/* FULLY_CONNECTED, and CONV_2D with 1x1 filters and stride 1: every row of the input times the same weights. */
#ifndef TQ_MATMUL_S8_H
#define TQ_MATMUL_S8_H

#include <stdint.h>

#include "tq_linear_s8.h"

typedef struct {
    int32_t rows;               /* input [rows][depth], output [rows][columns] */
    int32_t columns;            /* output channels */
    int32_t weights_zero_point; /* 0 but for old models */
    tq_linear_s8_params linear;
} tq_matmul_s8_params;

void tq_matmul_s8(const tq_matmul_s8_params *p, const int8_t *input, int8_t *output);

#endif
