/* PRELU of quantized codes with broadcasting of the slopes. */
#ifndef TQ_PRELU_H
#define TQ_PRELU_H

#include <stdint.h>

#include "tq_broadcast.h"

/* In the form of tq_scale. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} tq_prelu_factor;

typedef struct {
    tq_broadcast how;
    int32_t input_zero_point;
    int32_t slope_zero_point;
    tq_prelu_factor positive;
    tq_prelu_factor negative; /* of products with the slopes */
    int32_t output_zero_point;
} tq_prelu_params;

void tq_prelu_s8(const tq_prelu_params *p, const int8_t *input, const int8_t *slopes, int8_t *output);
void tq_prelu_s16(const tq_prelu_params *p, const int16_t *input, const int8_t *slopes, int16_t *output);

#endif
