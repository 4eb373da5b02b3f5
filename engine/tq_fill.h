/* The same element everywhere: FILL, ZEROS_LIKE. */
#ifndef TQ_FILL_H
#define TQ_FILL_H

#include <stdint.h>

/* Writes an element of some bytes as often as it is asked for. */
void tq_fill(int32_t count, int32_t element_bytes, const void *element, void *output);

#endif
