/* FULLY_CONNECTED, and CONV_2D with 1x1 filters and stride 1, with 3-bit weights. */
#ifndef TQ_MATMUL_S8W3_H
#define TQ_MATMUL_S8W3_H

#include <stdint.h>

#include "tq_linear_s8w3.h"

typedef struct {
    int32_t rows;               /* input [rows][depth], output [rows][columns] */
    int32_t columns;            /* output channels */
    int32_t weights_zero_point; /* 0 but for old models */
    tq_linear_s8w3_params linear;
} tq_matmul_s8w3_params;

void tq_matmul_s8w3(const tq_matmul_s8w3_params *p, const int8_t *input, int8_t *output);

#endif
