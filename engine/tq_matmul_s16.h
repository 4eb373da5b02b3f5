/* FULLY_CONNECTED, and CONV_2D with 1x1 filters and stride 1, of int16 with int8 weights. */
#ifndef TQ_MATMUL_S16_H
#define TQ_MATMUL_S16_H

#include <stdint.h>

#include "tq_linear_s16.h"

typedef struct {
    int32_t rows;               /* input [rows][depth], output [rows][columns] */
    int32_t columns;            /* output channels */
    int32_t weights_zero_point; /* 0 but for old models */
    tq_linear_s16_params linear;
} tq_matmul_s16_params;

void tq_matmul_s16(const tq_matmul_s16_params *p, const int16_t *input, int16_t *output);

#endif
