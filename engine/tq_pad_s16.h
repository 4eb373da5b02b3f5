/* PAD and PADV2 of int16. */
#ifndef TQ_PAD_S16_H
#define TQ_PAD_S16_H

#include "tq_pad.h"

void tq_pad_s16(const tq_pad_params *p, const int16_t *input, int16_t *output);

#endif
