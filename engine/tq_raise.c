#include "tq_raise.h"

void tq_raise(int32_t words, const uint32_t *from, uint32_t *to)
{
    while (words > 0) {
        --words;
        to[words] = from[words];
    }
}
