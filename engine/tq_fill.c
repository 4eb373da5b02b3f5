#include "tq_fill.h"

#include <stddef.h>
#include <string.h>

void tq_fill(int32_t count, int32_t element_bytes, const void *element, void *output)
{
    uint8_t *to = output;

    for (int32_t i = 0; i < count; ++i) {
        memcpy(to, element, (size_t)element_bytes);
        to += element_bytes;
    }
}
