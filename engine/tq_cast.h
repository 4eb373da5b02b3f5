/* CAST: plain conversions. Integers are cut to the lower bits; floats beyond int32 are limited to it first. */
#ifndef TQ_CAST_H
#define TQ_CAST_H

#include <stdbool.h>
#include <stdint.h>

void tq_cast_s8_s16(int32_t count, const int8_t *input, int16_t *output);
void tq_cast_s8_s32(int32_t count, const int8_t *input, int32_t *output);
void tq_cast_s8_f32(int32_t count, const int8_t *input, float *output);
void tq_cast_s16_s8(int32_t count, const int16_t *input, int8_t *output);
void tq_cast_s16_s32(int32_t count, const int16_t *input, int32_t *output);
void tq_cast_s16_f32(int32_t count, const int16_t *input, float *output);
void tq_cast_s32_s8(int32_t count, const int32_t *input, int8_t *output);
void tq_cast_s32_s16(int32_t count, const int32_t *input, int16_t *output);
void tq_cast_s32_f32(int32_t count, const int32_t *input, float *output);
void tq_cast_f32_s8(int32_t count, const float *input, int8_t *output);
void tq_cast_f32_s16(int32_t count, const float *input, int16_t *output);
void tq_cast_f32_s32(int32_t count, const float *input, int32_t *output);
void tq_cast_bool_s8(int32_t count, const bool *input, int8_t *output);
void tq_cast_bool_s16(int32_t count, const bool *input, int16_t *output);
void tq_cast_bool_s32(int32_t count, const bool *input, int32_t *output);
void tq_cast_bool_f32(int32_t count, const bool *input, float *output);

#endif
