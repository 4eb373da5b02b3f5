#include "tq_conv_s8w2.h"

#include "tq_conv_patches.h"

static void linear(const void *params, const void *patch, int32_t first, int32_t count, void *output)
{
    tq_linear_s8w2(params, patch, first, count, 0, output);
}

void tq_conv_s8w2(const tq_conv_s8w2_params *p, const int8_t *input, int8_t *output, int8_t *patch)
{
    const tq_conv_type type = {sizeof *input, p->input_zero_point, linear};

    tq_conv_patches(&p->shape, p->groups, type, &p->linear, input, output, patch);
}
