/* The inside of FULLY_CONNECTED for cores with the DSP extension: four channels at a time. */
#ifndef TQ_FULLY_CONNECTED_BLOCK_DSP_H
#define TQ_FULLY_CONNECTED_BLOCK_DSP_H

#include <stdint.h>

/* How the sums of a channel become codes. */
typedef struct {
    int32_t multiplier;
    int32_t addend;
    int32_t right;
} tq_fully_connected_dsp_scaling;

/* One row of inputs, and some of its output channels. */
typedef struct {
    const int32_t *inputs; /* as pairs of int16, as tq_widen_dsp gives them */
    const int32_t *weights;
    int8_t *output;
    int32_t groups;  /* inputs / 4 */
    int32_t blocks;  /* of four channels, at least one */
    const tq_fully_connected_dsp_scaling *scaling;
    int32_t scaling_step; /* bytes from channel to channel; 0 if there is one scaling for all */
} tq_fully_connected_dsp_args;

typedef void tq_fully_connected_dsp_function(const tq_fully_connected_dsp_args *args);

/* int8 weights, two channels in a halfword: w0 + 256 * w1. With H the sum over the halfwords and L that over their low
 * bytes, H - L is 256 times the sum of w1; L is brought to that scale. Sums are less than 2^23.
 * Weights are, for each block: biases b0, b0 + 256 * b1, b2, b2 + 256 * b3; then for every four inputs the words of
 * channels 0 and 1 (inputs 0 and 2, inputs 1 and 3), and those of channels 2 and 3.
 */
tq_fully_connected_dsp_function tq_fully_connected_block_s8_dsp;        /* zero point and lowest code -128 */
tq_fully_connected_dsp_function tq_fully_connected_block_signed_s8_dsp;

/* int16 weights, shifted: for each block four biases; then for every eight inputs four words of each channel. `groups`
 * is even, and the scalings are those of TQ_DSP_NONNEGATIVE_SCALED or TQ_DSP_SIGNED_SCALED.
 */
tq_fully_connected_dsp_function tq_fully_connected_block_s16_dsp;
tq_fully_connected_dsp_function tq_fully_connected_block_signed_s16_dsp;

#endif
