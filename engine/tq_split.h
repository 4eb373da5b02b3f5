/* SPLIT, SPLIT_V and UNPACK of any type: one call for each output. */
#ifndef TQ_SPLIT_H
#define TQ_SPLIT_H

#include <stdint.h>

/* Copies the first row_bytes of each of some rows, which lie input_row_bytes apart. */
void tq_split(int32_t rows, int32_t row_bytes, int32_t input_row_bytes, const void *input, void *output);

#endif
