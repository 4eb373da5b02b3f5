#include "tq_matmul_s8w2.h"

void tq_matmul_s8w2(const tq_matmul_s8w2_params *p, const int8_t *input, int8_t *output)
{
    const int32_t depth = p->linear.depth;

    for (int32_t row = 0; row < p->rows; ++row) {
        int32_t extra = 0;

        if (p->weights_zero_point != 0) {
            for (int32_t k = 0; k < depth; ++k) {
                extra -= p->weights_zero_point * input[k];
            }
        }
        tq_linear_s8w2(&p->linear, input, 0, p->columns, extra, output);
        input += depth;
        output += p->columns;
    }
}
