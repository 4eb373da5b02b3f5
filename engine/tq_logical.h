/* LOGICAL_AND, LOGICAL_OR and LOGICAL_NOT. */
#ifndef TQ_LOGICAL_H
#define TQ_LOGICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "tq_broadcast.h"

void tq_logical_and(const tq_broadcast *how, const bool *input_0, const bool *input_1, bool *output);
void tq_logical_or(const tq_broadcast *how, const bool *input_0, const bool *input_1, bool *output);
void tq_logical_not(int32_t count, const bool *input, bool *output);

#endif
