/* PAD and PADV2 of int8. */
#ifndef TQ_PAD_S8_H
#define TQ_PAD_S8_H

#include "tq_pad.h"

void tq_pad_s8(const tq_pad_params *p, const int8_t *input, int8_t *output);

#endif
