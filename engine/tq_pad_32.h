/* PAD and PADV2 of float32 and int32. */
#ifndef TQ_PAD_32_H
#define TQ_PAD_32_H

#include "tq_pad.h"

/* The value's bits are those of an element. */
void tq_pad_32(const tq_pad_params *p, const void *input, void *output);

#endif
