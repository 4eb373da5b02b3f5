#include "tq_copy.h"

#include <stddef.h>
#include <string.h>

void tq_copy(int32_t bytes, const void *input, void *output)
{
    memcpy(output, input, (size_t)bytes);
}
