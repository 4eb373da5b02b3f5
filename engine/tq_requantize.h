/* QUANTIZE from one integer type to another; from 8 bits to 8 bits see tq_lookup. */
#ifndef TQ_REQUANTIZE_H
#define TQ_REQUANTIZE_H

#include <stdint.h>

typedef struct {
    int32_t count;
    int32_t input_zero_point;
    int32_t multiplier;
    int32_t shift;
    int32_t output_zero_point;
} tq_requantize_params;

void tq_requantize_s8_s16(const tq_requantize_params *p, const int8_t *input, int16_t *output);
void tq_requantize_s8_s32(const tq_requantize_params *p, const int8_t *input, int32_t *output);
void tq_requantize_s16_s8(const tq_requantize_params *p, const int16_t *input, int8_t *output);
void tq_requantize_s16_s16(const tq_requantize_params *p, const int16_t *input, int16_t *output);
void tq_requantize_s16_s32(const tq_requantize_params *p, const int16_t *input, int32_t *output);
void tq_requantize_s32_s8(const tq_requantize_params *p, const int32_t *input, int8_t *output);
void tq_requantize_s32_s16(const tq_requantize_params *p, const int32_t *input, int16_t *output);

#endif
