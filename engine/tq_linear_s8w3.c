#include "tq_linear_s8w3.h"

#include "tq_linear_narrow.h"

void tq_linear_s8w3(const tq_linear_s8w3_params *p, const int8_t *input, int32_t first, int32_t count, int32_t extra,
                    int8_t *output)
{
    tq_linear_narrow(p->weights, p->depth, &p->output, input, first, count, extra, output, 3);
}
