/* CONV_2D with 1x1 filters and stride 1 over eight input channels, for cores with the DSP extension: the inputs of a pixel
 * stay in registers.
 */
#ifndef TQ_CONV_1X1_8_S8_DSP_H
#define TQ_CONV_1X1_8_S8_DSP_H

#include <stdint.h>

/* For each channel, `weights` holds, in words: eight weights in the order of tq_dot_s8_dsp, bias, multiplier and addend.
 * They are those of the form TQ_DSP_NONNEGATIVE_SCALED. `input` is aligned to four bytes; there is one pixel or more.
 */
void tq_conv_1x1_8_s8_dsp(int32_t pixels, int32_t channels, const int32_t *weights, const int8_t *input,
                          int8_t *output);

/* The same of the form TQ_DSP_SIGNED_SCALED; a channel's shift follows its addend. */
void tq_conv_1x1_8_signed_s8_dsp(int32_t pixels, int32_t channels, const int32_t *weights, const int8_t *input,
                                 int8_t *output);

#endif
