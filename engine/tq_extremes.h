/* MAXIMUM and MINIMUM with broadcasting, of codes that share one quantization and of plain numbers. */
#ifndef TQ_EXTREMES_H
#define TQ_EXTREMES_H

#include <stdint.h>

#include "tq_broadcast.h"

void tq_maximum_s8(const tq_broadcast *how, const int8_t *input_0, const int8_t *input_1, int8_t *output);
void tq_maximum_s16(const tq_broadcast *how, const int16_t *input_0, const int16_t *input_1, int16_t *output);
void tq_maximum_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, int32_t *output);
void tq_maximum_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, int64_t *output);
void tq_maximum_f32(const tq_broadcast *how, const float *input_0, const float *input_1, float *output);

void tq_minimum_s8(const tq_broadcast *how, const int8_t *input_0, const int8_t *input_1, int8_t *output);
void tq_minimum_s16(const tq_broadcast *how, const int16_t *input_0, const int16_t *input_1, int16_t *output);
void tq_minimum_s32(const tq_broadcast *how, const int32_t *input_0, const int32_t *input_1, int32_t *output);
void tq_minimum_s64(const tq_broadcast *how, const int64_t *input_0, const int64_t *input_1, int64_t *output);
void tq_minimum_f32(const tq_broadcast *how, const float *input_0, const float *input_1, float *output);

#endif
