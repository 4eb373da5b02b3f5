#include "tq_split.h"

#include <stddef.h>
#include <string.h>

void tq_split(int32_t rows, int32_t row_bytes, int32_t input_row_bytes, const void *input, void *output)
{
    const uint8_t *from = input;
    uint8_t *to = output;

    for (int32_t row = 0; row < rows; ++row) {
        memcpy(to, from, (size_t)row_bytes);
        from += input_row_bytes;
        to += row_bytes;
    }
}
