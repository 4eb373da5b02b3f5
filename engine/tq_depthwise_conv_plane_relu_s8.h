/* DEPTHWISE_CONV_2D with 3x3 filters for cores without the DSP extension, as tq_depthwise_conv_plane_s8.h, for outputs
 * whose codes tq_scale_once.h makes.
 */
#ifndef TQ_DEPTHWISE_CONV_PLANE_RELU_S8_H
#define TQ_DEPTHWISE_CONV_PLANE_RELU_S8_H

#include <stdint.h>

#include "tq_conv_shape.h"

typedef struct {
    tq_conv_shape shape;
    int32_t input_zero_point; /* what padding holds */
    const int8_t *weights;    /* [channels][3][3] */
    const int32_t *scales;    /* [channels]: addend and multiplier */
} tq_depthwise_conv_plane_relu_s8_params;

/* Bytes of the scratch buffer `plane`. */
#define TQ_DEPTHWISE_CONV_PLANE_RELU_S8_SCRATCH_BYTES(output_height, output_width, stride) \
    ((((output_height) - 1) * (stride) + 3) * (((output_width) - 1) * (stride) + 3))

void tq_depthwise_conv_plane_relu_s8(const tq_depthwise_conv_plane_relu_s8_params *p, const int8_t *input,
                                     int8_t *output, int8_t *plane);

#endif
