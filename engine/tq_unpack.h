/* Packed weights as int8, for kernels that take weights apart before they use them. */
#ifndef TQ_UNPACK_H
#define TQ_UNPACK_H

#include <stdint.h>

/* Unpacks `count` weights: two's complement, without gaps, the first in the lowest bits of the first byte. */
typedef void tq_unpack_function(const uint8_t *packed, int32_t count, int8_t *codes);

tq_unpack_function tq_unpack_2_bits;
tq_unpack_function tq_unpack_3_bits;
tq_unpack_function tq_unpack_4_bits;

#endif
