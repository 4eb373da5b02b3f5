/* CONV_2D without groups for cores without the DSP extension, as tq_conv_paired_s8.h, for outputs whose codes
 * tq_scale_once.h makes.
 */
#ifndef TQ_CONV_PAIRED_RELU_S8_H
#define TQ_CONV_PAIRED_RELU_S8_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_paired_relu_s8.h"

typedef struct {
    tq_conv_shape shape;
    int32_t input_zero_point;          /* what padding holds */
    tq_paired_relu_s8_params channels; /* weights [output_channels / 4][filter_height][filter_width][input_channels] */
} tq_conv_paired_relu_s8_params;

/* Bytes of the scratch buffer `patches`: the inputs under two filter positions, and their sums. */
#define TQ_CONV_PAIRED_RELU_S8_SCRATCH_BYTES(filter_height, filter_width, input_channels) \
    (4 * (((filter_height) * (filter_width) * (input_channels) + 3) / 4 * 4 + 2))

void tq_conv_paired_relu_s8(const tq_conv_paired_relu_s8_params *p, const int8_t *input, int8_t *output,
                            uint32_t *patches);

#endif
