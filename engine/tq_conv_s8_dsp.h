/* CONV_2D without groups and dilation, for cores with the DSP extension: two pixels and two channels at a time. */
#ifndef TQ_CONV_S8_DSP_H
#define TQ_CONV_S8_DSP_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_dot_pixels_s8_dsp.h"
#include "tq_dot_s8_dsp.h"
#include "tq_unpack.h"
#include "tq_widen_dsp.h"

/* What both kernels need. Inputs are used as they are: biases already hold -input_zero_point * sum(weights). */
typedef struct {
    tq_conv_shape shape;
    int32_t input_zero_point; /* what padding holds */
    int32_t groups;           /* inputs under the filter / 4, rounded up */
    tq_dsp_form form;
    tq_widen_pair_dsp_function *widen; /* of rows of filter_width * input_channels bytes */
    int32_t padded; /* where in scratch is room for the image with its padding, a multiple of 4; 0 if there is none */
    tq_dot_pixels_function *pixels; /* of the form, where filters are 1x1 with stride 1 and fit it */
} tq_conv_dsp_geometry;

/* Weights as int8 in flash, or packed in fewer bits; those of some channels at a time are extended in RAM. */
typedef struct {
    tq_conv_dsp_geometry geometry;
    const void *weights;       /* [channels / 2, rounded up][groups][2][4], zeros where there is no input or channel;
                                  groups are in the order in which inputs are widened */
    const int32_t *bias;       /* [channels] */
    const int32_t *multiplier; /* [channels], or [1] if multiplier_step is 0 */
    const int8_t *shift;       /* as multiplier: bits to the right, to 22; to the left, where outputs are not negative */
    int32_t multiplier_step;
    int32_t output_zero_point;
    int32_t block_channels;     /* to extend at a time; even */
    int32_t group_bytes;        /* of the weights of a group: 8, or as many as packed weights have bits */
    tq_unpack_function *unpack; /* where they are packed */
} tq_conv_s8_dsp_params;

/* Bytes of scratch for the inputs of two pixels: as bytes, and as pairs of int16. */
#define TQ_CONV_DSP_INPUT_BYTES(groups) (2 * 4 * (groups) + 2 * 8 * (groups))

#define TQ_CONV_S8_DSP_SCRATCH_BYTES(groups, block_channels) \
    (TQ_CONV_DSP_INPUT_BYTES(groups) + (block_channels) / 2 * (16 * (groups) + 32))

/* `scratch` is aligned to four bytes, as is the input; a padded image goes after what the macro says. */
void tq_conv_s8_dsp(const tq_conv_s8_dsp_params *p, const int8_t *input, int8_t *output, void *scratch);

/* Weights as int16 in flash, in the order of tq_dot_s8_dsp. */
typedef struct {
    tq_conv_dsp_geometry geometry;
    const int32_t *weights;
    int32_t pair_words; /* of the weights of two channels */
} tq_conv_s8_dsp_wide_params;

#define TQ_CONV_S8_DSP_WIDE_SCRATCH_BYTES(groups) TQ_CONV_DSP_INPUT_BYTES(groups)

void tq_conv_s8_dsp_wide(const tq_conv_s8_dsp_wide_params *p, const int8_t *input, int8_t *output, void *scratch);

#endif
