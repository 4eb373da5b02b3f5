#include "tq_lookup.h"

void tq_lookup(const uint8_t table[256], int32_t count, const void *input, void *output)
{
    const uint8_t *from = input;
    uint8_t *to = output;

    for (int32_t i = 0; i < count; ++i) {
        to[i] = table[from[i]];
    }
}
