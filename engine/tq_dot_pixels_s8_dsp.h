/* Dot products of many pixels with pairs of channels, as tq_dot_s8_dsp: the inputs of each pixel follow those before it. */
#ifndef TQ_DOT_PIXELS_S8_DSP_H
#define TQ_DOT_PIXELS_S8_DSP_H

#include <stdint.h>

enum { TQ_DOT_PIXELS_MAX_GROUPS = 32 };

typedef struct {
    const int32_t *weights; /* as tq_dot_s8_dsp reads them */
    const int32_t *weights_end;
    const int8_t *input; /* aligned to four bytes */
    int8_t *output;      /* of the first channel */
    int32_t pixels;      /* at least one */
    int32_t groups;      /* of four inputs of a pixel, at most TQ_DOT_PIXELS_MAX_GROUPS */
    int32_t channels;    /* even */
    int32_t output_step; /* bytes from pixel to pixel */
    int32_t *widened;    /* room for the inputs of two pixels: 4 * groups words */
} tq_dot_pixels_args;

typedef void tq_dot_pixels_function(const tq_dot_pixels_args *args);

/* One for each tq_dsp_form. */
tq_dot_pixels_function tq_dot_pixels_signed_s8_dsp;
tq_dot_pixels_function tq_dot_pixels_nonnegative_s8_dsp;
tq_dot_pixels_function tq_dot_pixels_signed_scaled_s8_dsp;
tq_dot_pixels_function tq_dot_pixels_nonnegative_scaled_s8_dsp;

#endif
