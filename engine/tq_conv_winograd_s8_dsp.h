/* CONV_2D with 3x3 filters and stride 1 by Winograd's minimal filtering F(2x2, 3x3), for cores with the DSP extension.
 *
 * 4 * Y = A' [(2G g (2G)') . (B' d B)] A: in integers it is exact, and as the results are taken modulo 2^32, it does not
 * matter whether sums on the way overflow. Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016.
 */
#ifndef TQ_CONV_WINOGRAD_S8_DSP_H
#define TQ_CONV_WINOGRAD_S8_DSP_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_winograd_outputs_dsp.h"

/* Padding as "SAME"; the output's height is even and its width a multiple of four; input channels are a multiple of four,
 * at most 64; output channels are even.
 */
typedef struct {
    tq_conv_shape shape;
    int32_t input_zero_point;
    const int32_t *weights; /* [channels / 2]: [16 positions][input channels / 4] words as in tq_dot_s8_dsp */
    const int32_t *scaling; /* [channels], the words of tq_winograd_scaling */
    tq_winograd_outputs_function *store;
} tq_conv_winograd_s8_dsp_params;

/* Bytes: rows of inputs, transformed; two tiles, transformed; a row of padding. */
#define TQ_CONV_WINOGRAD_S8_DSP_SCRATCH_BYTES(width, channels) \
    (((width) + 2) * (channels) * 8 + 64 * (channels) + (width) * (channels))

/* `input` and `scratch` are aligned to four bytes. */
void tq_conv_winograd_s8_dsp(const tq_conv_winograd_s8_dsp_params *p, const int8_t *input, int8_t *output,
                             void *scratch);

#endif
