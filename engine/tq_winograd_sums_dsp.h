/* The products of Winograd's filtering, for cores with the DSP extension: two tiles times two channels at a time. */
#ifndef TQ_WINOGRAD_SUMS_DSP_H
#define TQ_WINOGRAD_SUMS_DSP_H

#include <stdint.h>

typedef struct {
    const int32_t *weights;
    const int32_t *inputs; /* [16 positions][groups]: four words, of both tiles, as in tq_dot_s8_dsp */
    int32_t *sums;         /* [16 positions]: first tile's even and odd channel, second tile's */
    const int32_t *inputs_end;
    uintptr_t start; /* set by tq_winograd_set_up */
} tq_winograd_args;

enum { TQ_WINOGRAD_MAX_GROUPS = 16 };

/* Prepares for so many groups of four input channels. */
void tq_winograd_set_up(tq_winograd_args *args, int32_t groups);

/* Returns the end of the weights that were read. */
const int32_t *tq_winograd_sums_dsp(const tq_winograd_args *args);

#endif
