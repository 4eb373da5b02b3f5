#include "tq_batch_matmul.h"

#include "tq_fixed_point.h"

static int8_t element_s8(const tq_batch_matmul_params *p, const int8_t *row, const int8_t *column)
{
    int32_t sum = 0;

    for (int32_t k = 0; k < p->depth; ++k) {
        sum += (*row - p->zero_points[0]) * (*column - p->zero_points[1]);
        row += p->strides[0].inner;
        column += p->strides[1].inner;
    }
    return (int8_t)tq_clamp(tq_add(tq_scale(sum, p->multiplier, p->shift), p->output_zero_point), INT8_MIN, INT8_MAX);
}

static int16_t element_s16(const tq_batch_matmul_params *p, const int16_t *row, const int16_t *column)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < p->depth; ++k) {
        sum += *row * *column;
        row += p->strides[0].inner;
        column += p->strides[1].inner;
    }
    return (int16_t)tq_clamp(tq_scale_64(sum, p->multiplier, p->shift), INT16_MIN, INT16_MAX);
}

void tq_batch_matmul_s8(const tq_batch_matmul_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output)
{
    tq_nest_state batch = {0};

    do {
        const int8_t *a = input_0 + batch.offset[0];
        const int8_t *b = input_1 + batch.offset[1];

        for (int32_t row = 0; row < p->rows; ++row) {
            for (int32_t column = 0; column < p->columns; ++column) {
                *output++ = element_s8(p, a + row * p->strides[0].outer, b + column * p->strides[1].outer);
            }
        }
    } while (tq_nest_next(&p->batches, &batch));
}

void tq_batch_matmul_s16(
    const tq_batch_matmul_params *p, const int16_t *input_0, const int16_t *input_1, int16_t *output)
{
    tq_nest_state batch = {0};

    do {
        const int16_t *a = input_0 + batch.offset[0];
        const int16_t *b = input_1 + batch.offset[1];

        for (int32_t row = 0; row < p->rows; ++row) {
            for (int32_t column = 0; column < p->columns; ++column) {
                *output++ = element_s16(p, a + row * p->strides[0].outer, b + column * p->strides[1].outer);
            }
        }
    } while (tq_nest_next(&p->batches, &batch));
}
