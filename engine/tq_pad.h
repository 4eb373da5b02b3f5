/* PAD and PADV2: what the kernels of all types share. Sizes, steps and offsets are in elements. */
#ifndef TQ_PAD_H
#define TQ_PAD_H

#include <stdint.h>

#include "tq_nest.h"

typedef struct {
    tq_nest rows;          /* over rows of the input; strides[0] in the input, strides[1] in the output */
    int32_t row_size;
    int32_t output_size;
    int32_t output_offset; /* where the first row goes */
    int32_t value;         /* what padding holds */
} tq_pad_params;

#endif
