#include "tq_resize_bilinear_f32.h"

#include "tq_math_f32.h"

/* Two neighbours on an axis, and how far it is from the lower one, which at the edge may be less than nothing. */
typedef struct {
    int32_t lower;
    int32_t upper;
    float beyond;
} place;

static place place_of(const tq_resize_bilinear_f32_axis *axis, bool half_pixel_centers, int32_t index)
{
    const float position =
        half_pixel_centers ? ((float)index + 0.5f) * axis->scale - 0.5f : (float)index * axis->scale;
    const int32_t floor = (int32_t)tq_floor_f32(position);
    const int32_t ceiling = (int32_t)tq_ceil_f32(position);
    const int32_t lower = floor > 0 ? floor : 0;
    const place found = {
        lower < axis->input_size ? lower : axis->input_size - 1,
        ceiling < axis->input_size ? ceiling : axis->input_size - 1,
        position - (float)lower,
    };

    return found;
}

void tq_resize_bilinear_f32(const tq_resize_bilinear_f32_params *p, const float *input, float *output)
{
    const int32_t depth = p->depth;
    const int32_t row_size = p->columns.input_size * depth;

    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->rows.output_size; ++y) {
            const place row = place_of(&p->rows, p->half_pixel_centers, y);
            const float *above = input + row.lower * row_size;
            const float *below = input + row.upper * row_size;

            for (int32_t x = 0; x < p->columns.output_size; ++x) {
                const place column = place_of(&p->columns, p->half_pixel_centers, x);
                const int32_t left = column.lower * depth;
                const int32_t right = column.upper * depth;

                for (int32_t c = 0; c < depth; ++c) {
                    *output++ = above[left + c] * (1.0f - row.beyond) * (1.0f - column.beyond) +
                                below[left + c] * row.beyond * (1.0f - column.beyond) +
                                above[right + c] * (1.0f - row.beyond) * column.beyond +
                                below[right + c] * row.beyond * column.beyond;
                }
            }
        }
        input += p->rows.input_size * row_size;
    }
}
