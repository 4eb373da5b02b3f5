/* The geometry of a convolution: NHWC images, filters, strides, dilation and padding. */
#ifndef TQ_CONV_SHAPE_H
#define TQ_CONV_SHAPE_H

#include <stdint.h>

typedef struct {
    int32_t batches;
    int32_t input_height;
    int32_t input_width;
    int32_t input_channels;
    int32_t output_height;
    int32_t output_width;
    int32_t output_channels;
    int32_t filter_height;
    int32_t filter_width;
    int32_t stride_height;
    int32_t stride_width;
    int32_t dilation_height;
    int32_t dilation_width;
    int32_t padding_top;
    int32_t padding_left;
} tq_conv_shape;

#endif
