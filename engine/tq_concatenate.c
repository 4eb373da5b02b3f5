#include "tq_concatenate.h"

#include <stddef.h>
#include <string.h>

void tq_concatenate(int32_t rows, int32_t row_bytes, int32_t output_row_bytes, const void *input, void *output)
{
    const uint8_t *from = input;
    uint8_t *to = output;

    for (int32_t row = 0; row < rows; ++row) {
        memcpy(to, from, (size_t)row_bytes);
        from += row_bytes;
        to += output_row_bytes;
    }
}
