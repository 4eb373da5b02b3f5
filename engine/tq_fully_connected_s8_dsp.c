#include "tq_fully_connected_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include "tq_widen_dsp.h"

void tq_fully_connected_s8_dsp(const tq_fully_connected_s8_dsp_params *p, const int8_t *input, int8_t *output,
                               void *scratch)
{
    const int32_t whole = p->columns / 4;
    const int32_t rest = p->columns % 4;
    const int8_t *scaling = (const int8_t *)p->scaling;
    tq_fully_connected_dsp_args args = {
        .inputs = scratch, .groups = p->groups, .scaling_step = p->scaling_step};

    for (int32_t row = 0; row < p->rows; ++row) {
        (void)tq_widen_dsp(input, p->groups, scratch);
        input += 4 * p->groups;
        args.weights = p->weights;
        args.scaling = (const void *)scaling;
        args.output = output;
        args.blocks = whole;
        if (whole > 0) {
            p->block(&args);
        }
        if (rest > 0) {
            int8_t codes[4];

            args.weights += whole * p->block_words;
            args.scaling = (const void *)(scaling + 4 * whole * p->scaling_step);
            args.output = codes;
            args.blocks = 1;
            p->block(&args);
            for (int32_t i = 0; i < rest; ++i) {
                output[4 * whole + i] = codes[i];
            }
        }
        output += p->columns;
    }
}

#endif
