#include "tq_cast.h"

static inline int32_t truncated(float x)
{
    if (!(x > -2147483648.0f)) {
        return INT32_MIN;
    }
    return x < 2147483648.0f ? (int32_t)x : INT32_MAX;
}

void tq_cast_s8_s16(int32_t count, const int8_t *input, int16_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)input[i];
    }
}

void tq_cast_s8_s32(int32_t count, const int8_t *input, int32_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int32_t)input[i];
    }
}

void tq_cast_s8_f32(int32_t count, const int8_t *input, float *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (float)input[i];
    }
}

void tq_cast_s16_s8(int32_t count, const int16_t *input, int8_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int8_t)input[i];
    }
}

void tq_cast_s16_s32(int32_t count, const int16_t *input, int32_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int32_t)input[i];
    }
}

void tq_cast_s16_f32(int32_t count, const int16_t *input, float *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (float)input[i];
    }
}

void tq_cast_s32_s8(int32_t count, const int32_t *input, int8_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int8_t)input[i];
    }
}

void tq_cast_s32_s16(int32_t count, const int32_t *input, int16_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)input[i];
    }
}

void tq_cast_s32_f32(int32_t count, const int32_t *input, float *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (float)input[i];
    }
}

void tq_cast_f32_s8(int32_t count, const float *input, int8_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int8_t)truncated(input[i]);
    }
}

void tq_cast_f32_s16(int32_t count, const float *input, int16_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)truncated(input[i]);
    }
}

void tq_cast_f32_s32(int32_t count, const float *input, int32_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int32_t)truncated(input[i]);
    }
}

void tq_cast_bool_s8(int32_t count, const bool *input, int8_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int8_t)input[i];
    }
}

void tq_cast_bool_s16(int32_t count, const bool *input, int16_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)input[i];
    }
}

void tq_cast_bool_s32(int32_t count, const bool *input, int32_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int32_t)input[i];
    }
}

void tq_cast_bool_f32(int32_t count, const bool *input, float *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (float)input[i];
    }
}
