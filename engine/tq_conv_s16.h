/* CONV_2D of int16 with int8 weights, for every shape: NHWC, groups, strides, dilation, padding with zeros. */
#ifndef TQ_CONV_S16_H
#define TQ_CONV_S16_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_linear_s16.h"

typedef struct {
    tq_conv_shape shape;
    int32_t groups;
    tq_linear_s16_params linear; /* a row of weights is [filter_height][filter_width][input_channels / groups] */
} tq_conv_s16_params;

/* Bytes of the scratch buffer `patch`: the inputs under one filter position. */
#define TQ_CONV_S16_SCRATCH_BYTES(filter_height, filter_width, input_channels, groups) \
    (2 * (filter_height) * (filter_width) * ((input_channels) / (groups)))

void tq_conv_s16(const tq_conv_s16_params *p, const int16_t *input, int16_t *output, int16_t *patch);

#endif
