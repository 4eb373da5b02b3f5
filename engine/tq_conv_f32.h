/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of float32. */
#ifndef TQ_CONV_F32_H
#define TQ_CONV_F32_H

#include <stdint.h>

#include "tq_conv_shape.h"

typedef struct {
    tq_conv_shape shape;
    int32_t groups;       /* of CONV_2D; of DEPTHWISE_CONV_2D each input channel is one */
    const float *weights; /* as in the model */
    const float *bias;    /* [output channels] */
    float min;            /* fused activation */
    float max;
} tq_conv_f32_params;

void tq_conv_f32(const tq_conv_f32_params *p, const float *input, float *output);
void tq_depthwise_conv_f32(const tq_conv_f32_params *p, const float *input, float *output);

typedef struct {
    int32_t rows;
    int32_t depth;
    int32_t channels;
    const float *weights; /* [channels][depth] */
    const float *bias;    /* [channels] */
    float min;            /* fused activation */
    float max;
} tq_fully_connected_f32_params;

void tq_fully_connected_f32(const tq_fully_connected_f32_params *p, const float *input, float *output);

#endif
