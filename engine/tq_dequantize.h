/* DEQUANTIZE to float. */
#ifndef TQ_DEQUANTIZE_H
#define TQ_DEQUANTIZE_H

#include <stdint.h>

typedef struct {
    int32_t count;
    float scale;
    int32_t zero_point;
} tq_dequantize_params;

void tq_dequantize_s8_f32(const tq_dequantize_params *p, const int8_t *input, float *output);
void tq_dequantize_u8_f32(const tq_dequantize_params *p, const uint8_t *input, float *output);
void tq_dequantize_s16_f32(const tq_dequantize_params *p, const int16_t *input, float *output);

#endif
