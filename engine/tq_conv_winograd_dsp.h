/* What the CONV_2D kernels by Winograd's filtering share: a walk over pairs of tiles. */
#ifndef TQ_CONV_WINOGRAD_DSP_H
#define TQ_CONV_WINOGRAD_DSP_H

#include "tq_conv_winograd_s8_dsp.h"

/* Some channels of a layer: their transformed weights as tq_winograd_block_dsp reads them. */
typedef struct {
    const int32_t *weights;
    int32_t first;
    int32_t count;
} tq_winograd_channels;

/* Computes these channels of every pixel of one image. `scratch` has TQ_CONV_WINOGRAD_INPUT_BYTES. */
void tq_convolve_winograd_dsp(const tq_conv_winograd_dsp_geometry *g, const tq_winograd_channels *channels,
                              const int8_t *image, int8_t *output, void *scratch);

#endif
