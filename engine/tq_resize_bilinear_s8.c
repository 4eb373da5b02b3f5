#include "tq_resize_bilinear_s8.h"

enum { ONE = 1 << 10, HALF_OF_SQUARE = 1 << 19 };

/* Two neighbours on an axis, and how far between them, in steps of 1/1024. */
typedef struct {
    int32_t lower;
    int32_t upper;
    int32_t weight;
} place;

static place place_of(const tq_resize_bilinear_axis *axis, int32_t index)
{
    const int32_t position = index * axis->step + axis->start;
    const int32_t lower = position / ONE;
    const int32_t upper = (position + ONE - 1) / ONE;
    const int32_t clipped = lower < 0 ? 0 : lower;
    const place found = {
        clipped,
        upper < axis->input_size ? upper : axis->input_size - 1,
        position - clipped * ONE,
    };

    return found;
}

/* To nearest, ties away from 0. */
static int8_t rounded(int32_t sum)
{
    return (int8_t)((sum + (sum > 0 ? HALF_OF_SQUARE : -HALF_OF_SQUARE)) / (ONE * ONE));
}

void tq_resize_bilinear_s8(const tq_resize_bilinear_s8_params *p, const int8_t *input, int8_t *output)
{
    const int32_t depth = p->depth;
    const int32_t row_size = p->columns.input_size * depth;

    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->rows.output_size; ++y) {
            const place row = place_of(&p->rows, y);
            const int8_t *above = input + row.lower * row_size;
            const int8_t *below = input + row.upper * row_size;

            for (int32_t x = 0; x < p->columns.output_size; ++x) {
                const place column = place_of(&p->columns, x);
                const int32_t left = column.lower * depth;
                const int32_t right = column.upper * depth;

                for (int32_t c = 0; c < depth; ++c) {
                    const int32_t top = above[left + c] * (ONE - column.weight) + above[right + c] * column.weight;
                    const int32_t bottom = below[left + c] * (ONE - column.weight) + below[right + c] * column.weight;

                    *output++ = rounded(top * (ONE - row.weight) + bottom * row.weight);
                }
            }
        }
        input += p->rows.input_size * row_size;
    }
}
