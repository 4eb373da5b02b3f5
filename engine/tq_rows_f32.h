/* SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION of float32 along the last dimension. */
#ifndef TQ_ROWS_F32_H
#define TQ_ROWS_F32_H

#include <stdint.h>

void tq_softmax_f32(float beta, int32_t rows, int32_t depth, const float *input, float *output);
void tq_log_softmax_f32(int32_t rows, int32_t depth, const float *input, float *output);
void tq_l2_normalization_f32(int32_t rows, int32_t depth, const float *input, float *output);

#endif
