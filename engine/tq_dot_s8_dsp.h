/* Dot products of two pixels with two channels at a time, for cores with the DSP extension.
 *
 * Inputs and weights are 16 bits wide, four to a pair of words: (k0, k2) and (k1, k3), which is how SXTB16 extends a
 * word of bytes.
 */
#ifndef TQ_DOT_S8_DSP_H
#define TQ_DOT_S8_DSP_H

#include <stdint.h>

/* How sums become int8. Every form is exact: it gives what the two roundings of tq_scale give. */
typedef enum {
    TQ_DSP_SIGNED,             /* 2 * sum * multiplier, then a shift of each channel's own */
    TQ_DSP_NONNEGATIVE,        /* zero point and lowest code are -128: what is negative needs no care, as it is clamped;
                                  sum << shift, multiplier, and one shift by TQ_DSP_SHIFT for all channels */
    TQ_DSP_SIGNED_SCALED,      /* as TQ_DSP_SIGNED, of weights and biases that are doubled already */
    TQ_DSP_NONNEGATIVE_SCALED, /* as TQ_DSP_NONNEGATIVE, of weights and biases that are shifted already */
} tq_dsp_form;

enum { TQ_DSP_SHIFT = 12 };

/* For each pair of channels, `weights` holds, in words: four weights of the even channel, four of the odd one, both
 * biases; then eight weights for every further four inputs; then both multipliers, both addends and both shifts (no
 * shifts in the form TQ_DSP_NONNEGATIVE_SCALED).
 */
typedef struct {
    const int32_t *weights;
    const int32_t *inputs; /* four of the first pixel, four of the second one, and so on */
    int8_t *outputs[2];    /* of both pixels, from the first channel on; may be the same */
    const int32_t *weights_end;
    int32_t second_channel; /* 1, or 0 to drop the odd channels */
    /* set by tq_dot_s8_dsp_set_up: where the code goes on after the first inputs and after the last ones */
    uintptr_t start;
    uintptr_t after;
    const int32_t *inputs_end;
    uintptr_t form;
} tq_dot_s8_dsp_args;

/* Prepares for pixels of 4 * groups inputs, from `inputs` on; at least one group. */
void tq_dot_s8_dsp_set_up(tq_dot_s8_dsp_args *args, int32_t groups, tq_dsp_form form);

void tq_dot_s8_dsp(const tq_dot_s8_dsp_args *args);

#endif
