/* Data that is moved up in the arena, to make room below it. */
#ifndef TQ_RAISE_H
#define TQ_RAISE_H

#include <stdint.h>

/* Copies words, the last one first: `to` may lie behind `from` by less than what is copied. */
void tq_raise(int32_t words, const uint32_t *from, uint32_t *to);

#endif
