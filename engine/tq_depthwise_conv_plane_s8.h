/* DEPTHWISE_CONV_2D with 3x3 filters and strides of 1 or 2 for cores without the DSP extension: one channel after the
 * other is brought to a plane with padding, in which two outputs at a time share inputs and weights.
 */
#ifndef TQ_DEPTHWISE_CONV_PLANE_S8_H
#define TQ_DEPTHWISE_CONV_PLANE_S8_H

#include <stdint.h>

#include "tq_conv_shape.h"

typedef struct {
    tq_conv_shape shape;
    int32_t input_zero_point;  /* what padding holds */
    int32_t plane_width;       /* columns that a filter reaches from an even number of positions */
    const int8_t *weights;     /* [channels][3][3] */
    const int32_t *bias;       /* [channels] */
    const int32_t *multiplier; /* [channels], or [1] if multiplier_step is 0 */
    const int8_t *shift;       /* as multiplier; to the right, 1 to 22 */
    int32_t multiplier_step;   /* 1: a multiplier for each channel, 0: one for all */
    int32_t zero_point;
    int32_t min; /* fused activation */
    int32_t max;
} tq_depthwise_conv_plane_s8_params;

/* Bytes of the scratch buffer `plane`. */
#define TQ_DEPTHWISE_CONV_PLANE_S8_SCRATCH_BYTES(output_height, output_width, stride) \
    ((((output_height) - 1) * (stride) + 3) * ((((output_width) + 1) / 2 * 2 - 1) * (stride) + 3))

void tq_depthwise_conv_plane_s8(const tq_depthwise_conv_plane_s8_params *p, const int8_t *input, int8_t *output,
                                int8_t *plane);

#endif
