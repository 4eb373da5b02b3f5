#include "tq_space_to_batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A pixel of the batches, counted through them. */
typedef struct {
    int32_t image;
    int32_t row;
    int32_t column;
} place;

static bool next(const tq_space_to_batch_params *p, place *at)
{
    if (++at->column == p->columns) {
        at->column = 0;
        if (++at->row == p->rows) {
            at->row = 0;
            ++at->image;
        }
    }
    return at->image < p->batches * p->block_height * p->block_width;
}

/* Where a pixel lies in the space, in bytes; -1 if it is padding. */
static int32_t offset_in_space(const tq_space_to_batch_params *p, place at)
{
    const int32_t batch = at.image % p->batches;
    const int32_t block = at.image / p->batches;
    const int32_t y = at.row * p->block_height + block / p->block_width - p->padding_top;
    const int32_t x = at.column * p->block_width + block % p->block_width - p->padding_left;

    if (y < 0 || y >= p->height || x < 0 || x >= p->width) {
        return -1;
    }
    return ((batch * p->height + y) * p->width + x) * p->pixel_bytes;
}

void tq_space_to_batch(const tq_space_to_batch_params *p, const void *input, void *output)
{
    place at = {0};
    uint8_t *to = output;

    do {
        const int32_t offset = offset_in_space(p, at);

        if (offset < 0) {
            memset(to, p->fill, (size_t)p->pixel_bytes);
        } else {
            memcpy(to, (const uint8_t *)input + offset, (size_t)p->pixel_bytes);
        }
        to += p->pixel_bytes;
    } while (next(p, &at));
}

void tq_batch_to_space(const tq_space_to_batch_params *p, const void *input, void *output)
{
    place at = {0};
    const uint8_t *from = input;

    do {
        const int32_t offset = offset_in_space(p, at);

        if (offset >= 0) {
            memcpy((uint8_t *)output + offset, from, (size_t)p->pixel_bytes);
        }
        from += p->pixel_bytes;
    } while (next(p, &at));
}
