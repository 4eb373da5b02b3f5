/* CONV_2D with 3x3 filters and stride 1 by Winograd's minimal filtering F(2x2, 3x3), for cores with the DSP extension.
 *
 * 4 * Y = A' [(2G g (2G)') . (B' d B)] A: in integers it is exact, and as the results are taken modulo 2^32, it does not
 * matter whether sums on the way overflow. Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016.
 */
#ifndef TQ_CONV_WINOGRAD_S8_DSP_H
#define TQ_CONV_WINOGRAD_S8_DSP_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_winograd_block_dsp.h"

/* Padding as "SAME"; the output's height is even and its width a multiple of four; input channels are a multiple of four,
 * at most 64; output channels are even.
 */
typedef struct {
    tq_conv_shape shape;
    int32_t input_zero_point;
    const int32_t *scaling; /* [channels / 2], the words of tq_winograd_scaling */
    tq_dsp_form form;       /* TQ_DSP_NONNEGATIVE or TQ_DSP_SIGNED */
} tq_conv_winograd_dsp_geometry;

/* Weights as int8 in flash; those of some channels at a time are transformed in RAM. */
typedef struct {
    tq_conv_winograd_dsp_geometry geometry;
    const int8_t *weights;  /* [channels / 2][input channels / 4][2 channels][9 taps][4 inputs] */
    int32_t block_channels; /* to transform at a time; even */
} tq_conv_winograd_s8_dsp_params;

/* Bytes of scratch for inputs: four columns and two tiles, transformed; two pixels of padding. */
#define TQ_CONV_WINOGRAD_INPUT_BYTES(channels) (32 * (channels) + 64 * (channels) + 2 * (channels))

#define TQ_CONV_WINOGRAD_S8_DSP_SCRATCH_BYTES(channels, block_channels) \
    (TQ_CONV_WINOGRAD_INPUT_BYTES(channels) + 32 * (channels) * (block_channels))

/* `input` and `scratch` are aligned to four bytes. */
void tq_conv_winograd_s8_dsp(const tq_conv_winograd_s8_dsp_params *p, const int8_t *input, int8_t *output,
                             void *scratch);

/* Weights in flash as tq_winograd_block_dsp reads them. */
typedef struct {
    tq_conv_winograd_dsp_geometry geometry;
    const int32_t *weights;
} tq_conv_winograd_s8_dsp_wide_params;

#define TQ_CONV_WINOGRAD_S8_DSP_WIDE_SCRATCH_BYTES(channels) TQ_CONV_WINOGRAD_INPUT_BYTES(channels)

void tq_conv_winograd_s8_dsp_wide(const tq_conv_winograd_s8_dsp_wide_params *p, const int8_t *input, int8_t *output,
                                  void *scratch);

#endif
