/* DEPTHWISE_CONV_2D of int16 with int8 weights, for every shape: NHWC, depth multiplier, strides, dilation, padding. */
#ifndef TQ_DEPTHWISE_CONV_S16_H
#define TQ_DEPTHWISE_CONV_S16_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_output_s16.h"

typedef struct {
    tq_conv_shape shape;
    int32_t depth_multiplier; /* output channels per input channel */
    const int8_t *weights;    /* [filter_height][filter_width][output_channels]; sums before the bias fit 32 bits */
    tq_output_s16 output;
} tq_depthwise_conv_s16_params;

void tq_depthwise_conv_s16(const tq_depthwise_conv_s16_params *p, const int16_t *input, int16_t *output);

#endif
