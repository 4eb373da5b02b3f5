#include "tq_conv_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>

#include "tq_conv_dsp.h"
#include "tq_widen_dsp.h"

/* How sums of a channel are shifted, and what is added to the upper half of the product with the multiplier. */
typedef struct {
    int32_t addend;
    int32_t shift;
} scaling;

static scaling scaling_of(const tq_conv_s8_dsp_params *p, int32_t right)
{
    /* 2^(x - 1) rounds a division by 2^x; there is none where x is 0 */
    if (p->geometry.form == TQ_DSP_NONNEGATIVE) {
        const int32_t dropped = right > 0 ? right : 0;
        const int32_t first = 1 << (TQ_DSP_SHIFT - dropped - 1);
        const int32_t second = right > 0 ? 1 << (TQ_DSP_SHIFT - 1) : 0;

        return (scaling){first + second + p->output_zero_point * (1 << TQ_DSP_SHIFT), TQ_DSP_SHIFT + 1 - right};
    }
    return (scaling){(1 << (right - 1)) + p->output_zero_point * (1 << right), right};
}

/* The weights of two channels as int8: where they are, or unpacked to the end of where they are extended to, which
 * reads each of them before it is overwritten.
 */
static const int8_t *weights_of(const tq_conv_s8_dsp_params *p, int32_t first, int32_t *to)
{
    const int32_t groups = p->geometry.groups;
    const uint8_t *weights = (const uint8_t *)p->weights + first / 2 * groups * p->group_bytes;
    int8_t *unpacked = (int8_t *)(to + 2 * groups + 8);

    if (p->unpack == NULL) {
        return (const int8_t *)weights;
    }
    p->unpack(weights, 8 * groups, unpacked);
    return unpacked;
}

/* Extends the weights of two channels; `second` is the odd one, or the even one again. */
static int32_t *extend_pair(const tq_conv_s8_dsp_params *p, int32_t first, int32_t second, int32_t *to)
{
    const int8_t *weights = weights_of(p, first, to);
    const int32_t first_multiplier = first * p->multiplier_step;
    const int32_t second_multiplier = second * p->multiplier_step;
    const scaling even = scaling_of(p, p->shift[first_multiplier]);
    const scaling odd = scaling_of(p, p->shift[second_multiplier]);

    to = tq_widen_dsp(weights, 2, to);
    *to++ = p->bias[first];
    *to++ = p->bias[second];
    to = tq_widen_dsp(weights + 8, 2 * (p->geometry.groups - 1), to);
    *to++ = p->multiplier[first_multiplier];
    *to++ = p->multiplier[second_multiplier];
    *to++ = even.addend;
    *to++ = odd.addend;
    *to++ = even.shift;
    *to++ = odd.shift;
    return to;
}

void tq_conv_s8_dsp(const tq_conv_s8_dsp_params *p, const int8_t *input, int8_t *output, void *scratch)
{
    const tq_conv_shape *s = &p->geometry.shape;
    const int32_t groups = p->geometry.groups;
    const int32_t input_size = s->input_height * s->input_width * s->input_channels;
    const int32_t output_size = s->output_height * s->output_width * s->output_channels;
    int32_t *weights = (int32_t *)scratch + TQ_CONV_DSP_INPUT_BYTES(groups) / 4;

    for (int32_t first = 0; first < s->output_channels; first += p->block_channels) {
        const int32_t left = s->output_channels - first;
        const int32_t count = left < p->block_channels ? left : p->block_channels;
        const tq_dsp_channels channels = {weights, 4 * groups + 8, first, count};
        int32_t *to = weights;

        for (int32_t i = 0; i < count; i += 2) {
            const int32_t channel = first + i;
            const int32_t second = i + 1 < count ? channel + 1 : channel;

            to = extend_pair(p, channel, second, to);
        }
        for (int32_t batch = 0; batch < s->batches; ++batch) {
            tq_convolve_dsp(&p->geometry, &channels, input + batch * input_size, output + batch * output_size, scratch);
        }
    }
}

void tq_conv_s8_dsp_wide(const tq_conv_s8_dsp_wide_params *p, const int8_t *input, int8_t *output, void *scratch)
{
    const tq_conv_shape *s = &p->geometry.shape;
    const int32_t input_size = s->input_height * s->input_width * s->input_channels;
    const int32_t output_size = s->output_height * s->output_width * s->output_channels;
    const tq_dsp_channels channels = {p->weights, p->pair_words, 0, s->output_channels};

    for (int32_t batch = 0; batch < s->batches; ++batch) {
        tq_convolve_dsp(&p->geometry, &channels, input, output, scratch);
        input += input_size;
        output += output_size;
    }
}

#endif
