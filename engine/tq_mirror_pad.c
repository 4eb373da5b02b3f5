#include "tq_mirror_pad.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The index of the input that an index of the output shows. */
static int32_t mirrored(int32_t index, int32_t before, int32_t size, int32_t edge)
{
    const int32_t inside = index - before;

    if (inside < 0) {
        return edge - 1 - inside;
    }
    return inside < size ? inside : 2 * size - 1 - edge - inside;
}

static int32_t input_offset(const tq_mirror_pad_params *p, const int32_t *index)
{
    int32_t offset = 0;

    for (int32_t i = 0; i < p->dimensions; ++i) {
        offset = offset * p->input_sizes[i] + mirrored(index[i], p->before[i], p->input_sizes[i], p->edge);
    }
    return offset * p->element_bytes;
}

static bool next(const tq_mirror_pad_params *p, int32_t *index)
{
    for (int32_t i = p->dimensions - 1; i >= 0; --i) {
        if (++index[i] < p->output_sizes[i]) {
            return true;
        }
        index[i] = 0;
    }
    return false;
}

void tq_mirror_pad(const tq_mirror_pad_params *p, const void *input, void *output)
{
    int32_t index[TQ_MIRROR_PAD_MAX_DIMENSIONS] = {0};
    uint8_t *to = output;

    do {
        memcpy(to, (const uint8_t *)input + input_offset(p, index), (size_t)p->element_bytes);
        to += p->element_bytes;
    } while (next(p, index));
}
