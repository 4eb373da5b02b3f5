/* The outputs of Winograd's filtering, for cores with the DSP extension: A' m A of two tiles and two channels, as codes. */
#ifndef TQ_WINOGRAD_OUTPUTS_DSP_H
#define TQ_WINOGRAD_OUTPUTS_DSP_H

#include <stdint.h>

/* How four times the sum of a channel becomes a code. */
typedef struct {
    int32_t bias; /* four times */
    int32_t multiplier;
    int32_t addend;
    int32_t right; /* one more than that of the sum itself */
} tq_winograd_scaling;

/* `sums` as tq_winograd_sums_dsp gives them; scalings of both channels; the first of 2 x 4 pixels, and steps in bytes. */
typedef void tq_winograd_outputs_function(const int32_t *sums, const tq_winograd_scaling *scaling, int8_t *output,
                                          int32_t row_step, int32_t pixel_step);

/* For outputs whose zero point and lowest code are -128. */
tq_winograd_outputs_function tq_winograd_outputs_dsp;
tq_winograd_outputs_function tq_winograd_outputs_signed_dsp;

#endif
