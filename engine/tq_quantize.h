/* QUANTIZE from float. */
#ifndef TQ_QUANTIZE_H
#define TQ_QUANTIZE_H

#include <stdint.h>

typedef struct {
    int32_t count;
    float scale;
    int32_t zero_point;
} tq_quantize_params;

/* Codes are rounded to nearest, ties away from zero, and saturated; not-a-number gives the lowest code. */
void tq_quantize_f32_s8(const tq_quantize_params *p, const float *input, int8_t *output);
void tq_quantize_f32_s16(const tq_quantize_params *p, const float *input, int16_t *output);

#endif
