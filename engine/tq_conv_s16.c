#include "tq_conv_s16.h"

#include "tq_conv_patches.h"

static void linear(const void *params, const void *patch, int32_t first, int32_t count, void *output)
{
    tq_linear_s16(params, patch, first, count, 0, output);
}

void tq_conv_s16(const tq_conv_s16_params *p, const int16_t *input, int16_t *output, int16_t *patch)
{
    const tq_conv_type type = {sizeof *input, 0, linear};

    tq_conv_patches(&p->shape, p->groups, type, &p->linear, input, output, patch);
}
