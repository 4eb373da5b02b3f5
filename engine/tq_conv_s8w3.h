/* CONV_2D with 3-bit weights, for every shape: NHWC, groups, strides, dilation, padding. */
#ifndef TQ_CONV_S8W3_H
#define TQ_CONV_S8W3_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_linear_s8w3.h"

typedef struct {
    tq_conv_shape shape;
    int32_t groups;
    int32_t input_zero_point;     /* what padding holds */
    tq_linear_s8w3_params linear; /* a row of weights is [filter_height][filter_width][input_channels / groups] */
} tq_conv_s8w3_params;

/* Bytes of the scratch buffer `patch`: the inputs under one filter position. */
#define TQ_CONV_S8W3_SCRATCH_BYTES(filter_height, filter_width, input_channels, groups) \
    ((filter_height) * (filter_width) * ((input_channels) / (groups)))

void tq_conv_s8w3(const tq_conv_s8w3_params *p, const int8_t *input, int8_t *output, int8_t *patch);

#endif
