/* CONV_2D with 1x1 filters, stride 1 and 8 input channels for the vector extension: two pixels fill a vector. */
#ifndef TQ_MATMUL_8_S8_MVE_H
#define TQ_MATMUL_8_S8_MVE_H

#include <stdint.h>

typedef struct {
    int32_t rows;          /* input [rows][8], output [rows][columns] */
    int32_t columns;       /* output channels, an even number */
    const int8_t *weights; /* [channel][2][16]: weights and zeros, zeros and weights */
    const int32_t *scales; /* two words for each channel (see tq_mve.h) */
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_matmul_8_s8_mve_params;

/* Bytes of the scratch buffer: eight pixels of inputs, and of outputs. */
#define TQ_MATMUL_8_S8_MVE_SCRATCH_BYTES(columns) (64 + 8 * (columns))

void tq_matmul_8_s8_mve(const tq_matmul_8_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch);

/* The same after a ReLU, where min and zero point are -128 and max is 127; scales are those of tq_scale_once.h. */
void tq_matmul_8_s8_mve_relu(const tq_matmul_8_s8_mve_params *p, const int8_t *input, int8_t *output,
                             int8_t *scratch);

#endif
