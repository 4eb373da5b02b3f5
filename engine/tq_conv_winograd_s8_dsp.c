#include "tq_conv_winograd_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include "tq_conv_winograd_dsp.h"
#include "tq_winograd_weights_dsp.h"

static int32_t input_size(const tq_conv_shape *s)
{
    return s->input_height * s->input_width * s->input_channels;
}

static int32_t output_size(const tq_conv_shape *s)
{
    return s->output_height * s->output_width * s->output_channels;
}

void tq_conv_winograd_s8_dsp(const tq_conv_winograd_s8_dsp_params *p, const int8_t *input, int8_t *output,
                             void *scratch)
{
    const tq_conv_shape *s = &p->geometry.shape;
    const int32_t inputs = s->input_channels;
    int32_t *weights = (int32_t *)scratch + TQ_CONV_WINOGRAD_INPUT_BYTES(inputs) / 4;

    for (int32_t first = 0; first < s->output_channels; first += p->block_channels) {
        const int32_t left = s->output_channels - first;
        const tq_winograd_channels channels = {weights, first, left < p->block_channels ? left : p->block_channels};
        int32_t *to = weights;

        for (int32_t i = 0; i < channels.count; i += 2) {
            tq_winograd_weights_dsp(p->weights + (first + i) * 9 * inputs, inputs / 4, to);
            to += 16 * inputs;
        }
        for (int32_t batch = 0; batch < s->batches; ++batch) {
            tq_convolve_winograd_dsp(&p->geometry, &channels, input + batch * input_size(s),
                                     output + batch * output_size(s), scratch);
        }
    }
}

void tq_conv_winograd_s8_dsp_wide(const tq_conv_winograd_s8_dsp_wide_params *p, const int8_t *input, int8_t *output,
                                  void *scratch)
{
    const tq_conv_shape *s = &p->geometry.shape;
    const tq_winograd_channels channels = {p->weights, 0, s->output_channels};

    for (int32_t batch = 0; batch < s->batches; ++batch) {
        tq_convolve_winograd_dsp(&p->geometry, &channels, input, output, scratch);
        input += input_size(s);
        output += output_size(s);
    }
}

#endif
