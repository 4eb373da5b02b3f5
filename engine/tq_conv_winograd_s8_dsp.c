#include "tq_conv_winograd_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include "tq_winograd_inputs_dsp.h"
#include "tq_winograd_sums_dsp.h"

enum { POSITIONS = 16 };

/* All channels of two tiles. */
static void store_tiles(const tq_conv_winograd_s8_dsp_params *p, tq_winograd_args *args, int8_t *output)
{
    const int32_t channels = p->shape.output_channels;
    const int32_t row_step = p->shape.output_width * channels;
    const tq_winograd_scaling *scaling = (const void *)p->scaling;

    args->weights = p->weights;
    for (int32_t channel = 0; channel < channels; channel += 2) {
        int32_t sums[POSITIONS * 4];

        args->sums = sums;
        args->weights = tq_winograd_sums_dsp(args);
        p->store(sums, scaling, output, row_step, channels);
        scaling += 2;
        output += 2;
    }
}

/* What padding becomes beside the image: columns of which each row holds the zero point. */
static void pad_columns(int32_t zero_point, int32_t groups, int32_t *to)
{
    const int32_t twice = (int32_t)((uint32_t)(uint16_t)(2 * zero_point) * 0x10001u);

    for (int32_t group = 0; group < groups; ++group) {
        for (int32_t i = 0; i < 8; ++i) {
            *to++ = i / 2 == 1 ? twice : 0;
        }
    }
}

static void convolve(const tq_conv_winograd_s8_dsp_params *p, const int8_t *image, int8_t *output, void *scratch)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t groups = s->input_channels / 4;
    const int32_t row_bytes = s->input_width * s->input_channels;
    int32_t *columns = scratch;
    int32_t *tiles = columns + (s->input_width + 2) * 8 * groups;
    int8_t *padding = (int8_t *)(tiles + POSITIONS * 4 * groups);
    tq_winograd_args args = {.inputs = tiles};

    tq_winograd_set_up(&args, groups);
    pad_columns(p->input_zero_point, groups, columns);
    pad_columns(p->input_zero_point, groups, tiles - 8 * groups);
    for (int32_t i = 0; i < row_bytes; ++i) {
        padding[i] = (int8_t)p->input_zero_point;
    }
    for (int32_t y = 0; y < s->output_height; y += 2) {
        const int8_t *above = image + (y - 1) * row_bytes;
        const int8_t *const rows[4] = {
            y > 0 ? above : padding,
            image + y * row_bytes,
            image + (y + 1) * row_bytes,
            y + 2 < s->input_height ? image + (y + 2) * row_bytes : padding,
        };

        tq_winograd_columns_dsp(rows, row_bytes / 4, columns + 8 * groups);
        for (int32_t x = 0; x < s->output_width; x += 4) {
            tq_winograd_tile_dsp(columns + x * 8 * groups, groups, tiles);
            tq_winograd_tile_dsp(columns + (x + 2) * 8 * groups, groups, tiles + 2);
            store_tiles(p, &args, output);
            output += 4 * s->output_channels;
        }
        output += s->output_width * s->output_channels;
    }
}

void tq_conv_winograd_s8_dsp(const tq_conv_winograd_s8_dsp_params *p, const int8_t *input, int8_t *output,
                             void *scratch)
{
    const tq_conv_shape *s = &p->shape;

    for (int32_t batch = 0; batch < s->batches; ++batch) {
        convolve(p, input, output, scratch);
        input += s->input_height * s->input_width * s->input_channels;
        output += s->output_height * s->output_width * s->output_channels;
    }
}

#endif
