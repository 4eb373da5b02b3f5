#include "tq_depthwise_conv_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>

#include "tq_depthwise_dsp.h"

/* Two neighbouring taps, shifted. */
static int32_t pair(const int8_t *taps, int32_t shift)
{
    const uint32_t low = (uint32_t)(taps[0] * (1 << shift)) & 0xffffu;

    return (int32_t)(low | (uint32_t)(taps[1] * (1 << shift)) << 16);
}

static const tq_depthwise_channel_dsp *extended(const void *params, int32_t channel, tq_depthwise_channel_dsp *to)
{
    const tq_depthwise_conv_s8_dsp_params *p = params;
    const uint8_t *weights = (const uint8_t *)p->weights + channel * p->filter_bytes;
    const int32_t i = channel * p->multiplier_step;
    const int32_t right = p->shift[i];
    const int8_t *taps = (const int8_t *)weights;
    int8_t unpacked[9];
    int32_t shift = 1;

    if (p->unpack != NULL) {
        p->unpack(weights, 9, unpacked);
        taps = unpacked;
    }

    /* 2^(x - 1) rounds a division by 2^x; there is none where x is 0 */
    if (p->is_signed) {
        to->addend = (1 << (right - 1)) + p->output_zero_point * (1 << right);
    } else {
        const int32_t dropped = right > 0 ? right : 0;
        const int32_t first = 1 << (TQ_DEPTHWISE_SHIFT - dropped - 1);
        const int32_t second = right > 0 ? 1 << (TQ_DEPTHWISE_SHIFT - 1) : 0;

        shift += TQ_DEPTHWISE_SHIFT - right;
        to->addend = first + second + p->output_zero_point * (1 << TQ_DEPTHWISE_SHIFT);
    }
    for (int32_t row = 0; row < 3; ++row) {
        to->taps[2 * row] = pair(taps + 3 * row, shift);
        to->taps[2 * row + 1] = pair(taps + 3 * row + 1, shift);
    }
    to->multiplier = p->multiplier[i];
    to->right = right;
    to->bias = p->bias[channel] * (1 << shift);
    return to;
}

void tq_depthwise_conv_s8_dsp(const tq_depthwise_conv_s8_dsp_params *p, const int8_t *input, int8_t *output,
                              void *scratch)
{
    tq_depthwise_dsp(&p->geometry, extended, p, input, output, scratch);
}

static const tq_depthwise_channel_dsp *stored(const void *params, int32_t channel, tq_depthwise_channel_dsp *room)
{
    const tq_depthwise_conv_s8_dsp_wide_params *p = params;

    return (const void *)(p->channels + channel * (int32_t)(sizeof *room / sizeof *p->channels));
}

void tq_depthwise_conv_s8_dsp_wide(const tq_depthwise_conv_s8_dsp_wide_params *p, const int8_t *input, int8_t *output,
                                   void *scratch)
{
    tq_depthwise_dsp(&p->geometry, stored, p, input, output, scratch);
}

#endif
