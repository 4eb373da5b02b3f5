/* BATCH_MATMUL of quantized codes; operands may be read transposed, and their batches are broadcast. */
#ifndef TQ_BATCH_MATMUL_H
#define TQ_BATCH_MATMUL_H

#include <stdint.h>

#include "tq_nest.h"

/* How a matrix is read: the distance of its rows (of the second operand: columns), and of neighbours along the sum. */
typedef struct {
    int32_t outer;
    int32_t inner;
} tq_batch_matmul_strides;

typedef struct {
    tq_nest batches; /* strides[i] in operand i */
    int32_t rows;
    int32_t columns;
    int32_t depth;
    tq_batch_matmul_strides strides[2];
    int32_t zero_points[2]; /* of int8; those of int16 are 0 */
    int32_t multiplier;     /* of int8 in the form of tq_scale, of int16 in that of tq_scale_64 */
    int32_t shift;
    int32_t output_zero_point;
} tq_batch_matmul_params;

void tq_batch_matmul_s8(const tq_batch_matmul_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output);
void tq_batch_matmul_s16(
    const tq_batch_matmul_params *p, const int16_t *input_0, const int16_t *input_1, int16_t *output);

#endif
