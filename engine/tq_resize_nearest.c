#include "tq_resize_nearest.h"

#include <stddef.h>
#include <string.h>

void tq_resize_nearest(const tq_resize_nearest_params *p, const void *input, void *output)
{
    const int32_t row_bytes = p->input_width * p->pixel_bytes;
    const uint8_t *image = input;
    uint8_t *to = output;

    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->output_height; ++y) {
            const uint8_t *row = image + p->rows[y] * row_bytes;

            for (int32_t x = 0; x < p->output_width; ++x) {
                memcpy(to, row + p->columns[x] * p->pixel_bytes, (size_t)p->pixel_bytes);
                to += p->pixel_bytes;
            }
        }
        image += p->input_height * row_bytes;
    }
}
