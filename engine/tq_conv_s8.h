/* CONV_2D for every shape: NHWC, groups, strides, dilation, padding. */
#ifndef TQ_CONV_S8_H
#define TQ_CONV_S8_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_linear_s8.h"

typedef struct {
    tq_conv_shape shape;
    int32_t groups;
    int32_t input_zero_point;   /* what padding holds */
    tq_linear_s8_params linear; /* weights [output_channels][filter_height][filter_width][input_channels / groups] */
} tq_conv_s8_params;

/* Bytes of the scratch buffer `patch`: the inputs under one filter position. */
#define TQ_CONV_S8_SCRATCH_BYTES(filter_height, filter_width, input_channels, groups) \
    ((filter_height) * (filter_width) * ((input_channels) / (groups)))

void tq_conv_s8(const tq_conv_s8_params *p, const int8_t *input, int8_t *output, int8_t *patch);

#endif
