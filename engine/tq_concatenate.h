/* CONCATENATION: one call for each input, elements of any type. */
#ifndef TQ_CONCATENATE_H
#define TQ_CONCATENATE_H

#include <stdint.h>

/* Copies `rows` rows of `row_bytes` bytes into an output whose rows have `output_row_bytes` bytes. */
void tq_concatenate(int32_t rows, int32_t row_bytes, int32_t output_row_bytes, const void *input, void *output);

#endif
