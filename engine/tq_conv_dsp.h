/* What the CONV_2D kernels for cores with the DSP extension share: a walk over pairs of pixels. */
#ifndef TQ_CONV_DSP_H
#define TQ_CONV_DSP_H

#include "tq_conv_s8_dsp.h"

/* Some channels of a layer: their weights as tq_dot_s8_dsp reads them. */
typedef struct {
    const int32_t *weights;
    int32_t pair_words;
    int32_t first;
    int32_t count;
} tq_dsp_channels;

/* Computes these channels of every pixel of one image. `scratch` has TQ_CONV_DSP_INPUT_BYTES. */
void tq_convolve_dsp(const tq_conv_dsp_geometry *g, const tq_dsp_channels *channels, const int8_t *image,
                     int8_t *output, void *scratch);

#endif
