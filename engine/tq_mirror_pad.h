/* MIRROR_PAD of any type. */
#ifndef TQ_MIRROR_PAD_H
#define TQ_MIRROR_PAD_H

#include <stdint.h>

enum { TQ_MIRROR_PAD_MAX_DIMENSIONS = 8 };

/* Dimensions from the outermost to the innermost; elements of the innermost one are some bytes long. */
typedef struct {
    int32_t dimensions;
    int32_t input_sizes[TQ_MIRROR_PAD_MAX_DIMENSIONS];
    int32_t output_sizes[TQ_MIRROR_PAD_MAX_DIMENSIONS];
    int32_t before[TQ_MIRROR_PAD_MAX_DIMENSIONS]; /* padding in front */
    int32_t edge;                                 /* 1 if mirrors leave out the element at the edge, else 0 */
    int32_t element_bytes;
} tq_mirror_pad_params;

void tq_mirror_pad(const tq_mirror_pad_params *p, const void *input, void *output);

#endif
