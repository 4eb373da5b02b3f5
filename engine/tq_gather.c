#include "tq_gather.h"

#include <stddef.h>
#include <string.h>

#include "tq_fixed_point.h"

void tq_gather(const tq_gather_params *p, const void *input, const int32_t *indices, void *output)
{
    const uint8_t *from = input;
    uint8_t *to = output;

    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t outer = 0; outer < p->outer; ++outer) {
            for (int32_t i = 0; i < p->indices; ++i) {
                const int32_t index = tq_clamp(indices[i], 0, p->axis - 1);

                memcpy(to, from + index * p->slice_bytes, (size_t)p->slice_bytes);
                to += p->slice_bytes;
            }
            from += p->axis * p->slice_bytes;
        }
        indices += p->indices;
    }
}
