/* DEPTHWISE_CONV_2D with 3-bit weights, for every shape: NHWC, depth multiplier, strides, dilation, padding. */
#ifndef TQ_DEPTHWISE_CONV_S8W3_H
#define TQ_DEPTHWISE_CONV_S8W3_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_output_s8.h"

typedef struct {
    tq_conv_shape shape;
    int32_t depth_multiplier; /* output channels per input channel */
    int32_t input_zero_point;
    const uint8_t *weights; /* [filter_height][filter_width][tq_narrow_bytes(output_channels, 3)],
                               eight weights in three bytes */
    tq_output_s8 output;
} tq_depthwise_conv_s8w3_params;

void tq_depthwise_conv_s8w3(const tq_depthwise_conv_s8w3_params *p, const int8_t *input, int8_t *output);

#endif
