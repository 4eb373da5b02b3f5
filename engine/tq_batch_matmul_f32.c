#include "tq_batch_matmul_f32.h"

static float element(const tq_batch_matmul_params *p, const float *row, const float *column)
{
    float sum = 0.0f;

    for (int32_t k = 0; k < p->depth; ++k) {
        sum += *row * *column;
        row += p->strides[0].inner;
        column += p->strides[1].inner;
    }
    return sum;
}

void tq_batch_matmul_f32(const tq_batch_matmul_params *p, const float *input_0, const float *input_1, float *output)
{
    tq_nest_state batch = {0};

    do {
        const float *a = input_0 + batch.offset[0];
        const float *b = input_1 + batch.offset[1];

        for (int32_t row = 0; row < p->rows; ++row) {
            for (int32_t column = 0; column < p->columns; ++column) {
                *output++ = element(p, a + row * p->strides[0].outer, b + column * p->strides[1].outer);
            }
        }
    } while (tq_nest_next(&p->batches, &batch));
}
