/* DEPTHWISE_CONV_2D for every shape: NHWC, depth multiplier, strides, dilation, padding. */
#ifndef TQ_DEPTHWISE_CONV_S8_H
#define TQ_DEPTHWISE_CONV_S8_H

#include <stdint.h>

typedef struct {
    int32_t batches;
    int32_t input_height;
    int32_t input_width;
    int32_t input_channels;
    int32_t output_height;
    int32_t output_width;
    int32_t depth_multiplier; /* output channels per input channel */
    int32_t filter_height;
    int32_t filter_width;
    int32_t stride_height;
    int32_t stride_width;
    int32_t dilation_height;
    int32_t dilation_width;
    int32_t padding_top;
    int32_t padding_left;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
    const int8_t *weights;     /* [filter_height][filter_width][input_channels * depth_multiplier] */
    const int32_t *bias;       /* [output channels] */
    const int32_t *multiplier; /* [output channels], or [1] if multiplier_step is 0 */
    const int8_t *shift;       /* as multiplier */
    int32_t multiplier_step;   /* 1: a multiplier for each channel, 0: one for all */
} tq_depthwise_conv_s8_params;

void tq_depthwise_conv_s8(const tq_depthwise_conv_s8_params *p, const int8_t *input, int8_t *output);

#endif
