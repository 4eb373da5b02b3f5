#include "tq_gather_nd.h"

#include <stddef.h>
#include <string.h>

#include "tq_fixed_point.h"

void tq_gather_nd(const tq_gather_nd_params *p, const void *input, const int32_t *indices, void *output)
{
    uint8_t *to = output;

    for (int32_t slice = 0; slice < p->slices; ++slice) {
        const uint8_t *from = input;

        for (int32_t i = 0; i < p->dimensions; ++i) {
            from += tq_clamp(*indices++, 0, p->sizes[i] - 1) * p->strides[i];
        }
        memcpy(to, from, (size_t)p->slice_bytes);
        to += p->slice_bytes;
    }
}
