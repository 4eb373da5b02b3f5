/* LEAKY_RELU of int16. */
#ifndef TQ_LEAKY_RELU_S16_H
#define TQ_LEAKY_RELU_S16_H

#include <stdint.h>

/* What codes of one sign are scaled by, in the form of tq_scale. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} tq_leaky_relu_s16_factor;

typedef struct {
    int32_t count;
    int32_t input_zero_point;
    tq_leaky_relu_s16_factor positive;
    tq_leaky_relu_s16_factor negative;
    int32_t sign; /* 1, or -1 if the slope is negative: applied after rounding */
    int32_t output_zero_point;
} tq_leaky_relu_s16_params;

void tq_leaky_relu_s16(const tq_leaky_relu_s16_params *p, const int16_t *input, int16_t *output);

#endif
