/* PAD and PADV2 for elements of one byte. */
#ifndef TQ_PAD_H
#define TQ_PAD_H

#include <stdint.h>

#include "tq_nest.h"

typedef struct {
    tq_nest rows;          /* over rows of the input; strides[0] in the input, strides[1] in the output */
    int32_t row_bytes;
    int32_t output_bytes;
    int32_t output_offset; /* where the first row goes */
    int32_t value;         /* what padding holds */
} tq_pad_params;

void tq_pad(const tq_pad_params *p, const void *input, void *output);

#endif
