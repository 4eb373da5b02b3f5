#include "tq_depthwise_conv_s8w2.h"

#include "tq_depthwise_narrow.h"

void tq_depthwise_conv_s8w2(const tq_depthwise_conv_s8w2_params *p, const int8_t *input, int8_t *output)
{
    const tq_depthwise_narrow layer = {&p->shape, p->depth_multiplier, p->input_zero_point, p->weights, &p->output};

    tq_depthwise_conv_narrow(&layer, input, output, 2);
}
