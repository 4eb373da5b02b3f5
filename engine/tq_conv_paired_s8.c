#include "tq_conv_paired_s8.h"

#include "tq_pixel_pairs.h"

void tq_conv_paired_s8(const tq_conv_paired_s8_params *p, const int8_t *input, int8_t *output, uint32_t *patches)
{
    const tq_conv_shape *s = &p->shape;
    uint32_t *sums = patches + p->channels.words;
    tq_pixel first = {input, 0, 0};

    /* the surplus words, if there are any */
    patches[p->channels.words - 3] = 0;
    patches[p->channels.words - 2] = 0;
    patches[p->channels.words - 1] = 0;
    for (int32_t left = s->batches * s->output_height * s->output_width; left > 0; left -= 2) {
        /* a pixel without a partner is computed twice */
        const tq_pixel second = left > 1 ? tq_pixel_after(s, first) : first;
        const tq_pair_sums of = tq_gather_pair(s, p->input_zero_point, first, second, patches);

        sums[0] = 128 * of.first;
        sums[1] = 128 * of.second;
        tq_paired_s8(&p->channels, patches, output, left > 1 ? output + s->output_channels : output);
        output += 2 * s->output_channels;
        first = tq_pixel_after(s, second);
    }
}
