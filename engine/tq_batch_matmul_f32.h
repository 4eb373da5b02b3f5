/* BATCH_MATMUL of float32; operands may be read transposed, and their batches are broadcast. */
#ifndef TQ_BATCH_MATMUL_F32_H
#define TQ_BATCH_MATMUL_F32_H

#include "tq_batch_matmul.h"

/* Of the parameters those about shapes count. */
void tq_batch_matmul_f32(const tq_batch_matmul_params *p, const float *input_0, const float *input_1, float *output);

#endif
