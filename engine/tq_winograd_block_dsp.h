/* The products and the outputs of Winograd's filtering, for cores with the DSP extension: two tiles times two channels
 * at a time.
 *
 * Positions of a tile go in the order 1, 2, 0, 3, down and along: products 1 and 2 take part in both outputs, with
 * different signs, and products 0 and 3 are added to what they make (inputs 3 have their signs changed for that).
 */
#ifndef TQ_WINOGRAD_BLOCK_DSP_H
#define TQ_WINOGRAD_BLOCK_DSP_H

#include <stdint.h>

#include "tq_dot_s8_dsp.h"

/* How four times the sums of two channels become codes. */
typedef struct {
    int32_t multiplier[2];
    int32_t addend[2];
    int32_t right[2]; /* one more than that of the sum itself */
    int32_t bias[2];  /* four times */
} tq_winograd_scaling;

/* An output of the first tile; that of the second tile is `step` bytes further. */
typedef struct {
    int8_t *first;
    int32_t step;
} tq_winograd_output;

typedef struct {
    tq_winograd_output outputs[4]; /* of the first channel: upper left, upper right, lower left, lower right */
    const int32_t *inputs;         /* [16 positions][groups]: four words, of both tiles, as in tq_dot_s8_dsp */
    const tq_winograd_scaling *scaling;
    const int32_t *weights; /* [channels / 2][16 positions][groups]: four words, of both channels */
    const int32_t *weights_end;
    /* set by tq_winograd_set_up: where the code goes on after the first inputs, and after the last ones */
    uintptr_t starts[4];
    uintptr_t upper[2];
    uintptr_t lower[2];
} tq_winograd_args;

enum { TQ_WINOGRAD_MAX_GROUPS = 16 };

/* Prepares for so many groups of four input channels; the form is TQ_DSP_NONNEGATIVE or TQ_DSP_SIGNED. */
void tq_winograd_set_up(tq_winograd_args *args, int32_t groups, tq_dsp_form form);

/* Computes the channels of the weights. */
void tq_winograd_block_dsp(const tq_winograd_args *args);

#endif
