/* Any function of one 8-bit code to another, by table: LOGISTIC, RELU, requantization. */
#ifndef TQ_LOOKUP_H
#define TQ_LOOKUP_H

#include <stdint.h>

/* output[i] = table[input[i]]; the table is indexed by the code's bits as an unsigned number. */
void tq_lookup(const uint8_t table[256], int32_t count, const void *input, void *output);

#endif
