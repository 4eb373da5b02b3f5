#include "tq_matmul_s16.h"

void tq_matmul_s16(const tq_matmul_s16_params *p, const int16_t *input, int16_t *output)
{
    const int32_t depth = p->linear.depth;

    for (int32_t row = 0; row < p->rows; ++row) {
        int64_t extra = 0;

        if (p->weights_zero_point != 0) {
            for (int32_t k = 0; k < depth; ++k) {
                extra -= p->weights_zero_point * input[k];
            }
        }
        tq_linear_s16(&p->linear, input, 0, p->columns, extra, output);
        input += depth;
        output += p->columns;
    }
}
