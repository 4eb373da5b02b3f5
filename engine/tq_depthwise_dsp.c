#include "tq_depthwise_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stdbool.h>

/* A stretch of an axis: of the outputs, [output, output + outputs); of the inputs, [input, input + inputs), which begin
 * at `place` in the tile. */
typedef struct {
    int32_t output;
    int32_t outputs;
    int32_t input;
    int32_t inputs;
    int32_t place;
    bool padded; /* the tile has places without inputs */
    bool ends_padded;
} stretch;

static stretch stretch_of(int32_t output, int32_t most, int32_t output_size, int32_t stride, int32_t padding,
                          int32_t input_size)
{
    const int32_t outputs = output_size - output < most ? output_size - output : most;
    const int32_t first = output * stride - padding;
    const int32_t end = first + (outputs - 1) * stride + 3;
    const int32_t input = first < 0 ? 0 : first;
    const bool ends_padded = end > input_size;
    const int32_t input_end = ends_padded ? input_size : end;

    return (stretch){output, outputs, input, input_end - input, input - first, first < 0 || ends_padded, ends_padded};
}

static void fill(int32_t *to, uint32_t value, int32_t count)
{
    int32_t *end = to + count; /* a multiple of four words */

    while (to < end) {
        to[0] = (int32_t)value;
        to[1] = (int32_t)value;
        to[2] = (int32_t)value;
        to[3] = (int32_t)value;
        to += 4;
    }
}

/* Computes four channels from `first` on. */
static void filter_channels(const tq_depthwise_dsp_geometry *g, tq_depthwise_channel_function *channel_of,
                            const void *params, int32_t first, const stretch *rows, const stretch *columns,
                            const int32_t *tile, int8_t *output)
{
    const tq_conv_shape *s = &g->shape;
    const int32_t row_step = s->output_width * s->output_channels;
    tq_depthwise_channel_dsp room[4];
    const tq_depthwise_channel_dsp *channels = channel_of(params, first, room);
    const tq_depthwise_tile_args args = {
        .tile = tile,
        .output = output + rows->output * row_step + columns->output * s->output_channels + first,
        .columns = columns->outputs,
        .rows = rows->outputs,
        .pixel_step = s->output_channels,
        .row_step = rows->outputs > 1 ? row_step : 0,
        .channels = channels,
        .ends_padded = columns->ends_padded,
    };

    if (channels == room) {
        for (int32_t i = 1; i < 4; ++i) {
            channel_of(params, first + i, room + i);
        }
    }
    g->filter(&args);
}

static void filter_tile(const tq_depthwise_dsp_geometry *g, tq_depthwise_channel_function *channel_of,
                        const void *params, const stretch *rows, const stretch *columns, const int8_t *image,
                        int8_t *output, int32_t *tile)
{
    const tq_conv_shape *s = &g->shape;
    const int32_t channels = s->input_channels;
    const uint32_t padding = (uint32_t)(uint16_t)g->input_zero_point * 0x10001u;
    tq_tile_pixels_args pixels = {
        .pixel_step = channels,
        .tile = tile + rows->place + columns->place / 2 * TQ_TILE_PAIR_WORDS,
        .odd = columns->place % 2,
        .columns = columns->inputs,
        .rows = rows->inputs,
        .row_skip = (s->input_width - columns->inputs) * channels,
    };

    if (rows->padded || columns->padded) {
        const int32_t width = (columns->outputs - 1) * s->stride_width + 3;

        fill(tile, padding, (width + 1) / 2 * TQ_TILE_PAIR_WORDS);
    }
    image += (rows->input * s->input_width + columns->input) * channels;
    for (int32_t channel = 0; channel < channels; channel += 4) {
        const int32_t first = channel + 4 <= channels ? channel : channels - 4;

        pixels.input = image + first;
        tq_tile_pixels_dsp(&pixels);
        filter_channels(g, channel_of, params, first, rows, columns, tile, output);
    }
}

void tq_depthwise_dsp(const tq_depthwise_dsp_geometry *g, tq_depthwise_channel_function *channel_of, const void *params,
                      const int8_t *input, int8_t *output, int32_t *tile)
{
    const tq_conv_shape *s = &g->shape;

    for (int32_t batch = 0; batch < s->batches; ++batch) {
        for (int32_t y = 0; y < s->output_height; y += g->tile_rows) {
            const stretch rows =
                stretch_of(y, g->tile_rows, s->output_height, s->stride_height, s->padding_top, s->input_height);

            for (int32_t x = 0; x < s->output_width; x += g->tile_columns) {
                const stretch columns =
                    stretch_of(x, g->tile_columns, s->output_width, s->stride_width, s->padding_left, s->input_width);

                filter_tile(g, channel_of, params, &rows, &columns, input, output, tile);
            }
        }
        input += s->input_height * s->input_width * s->input_channels;
        output += s->output_height * s->output_width * s->output_channels;
    }
}

#endif
