/* READ_VARIABLE and ASSIGN_VARIABLE of any type. */
#ifndef TQ_COPY_H
#define TQ_COPY_H

#include <stdint.h>

void tq_copy(int32_t bytes, const void *input, void *output);

#endif
