#include "tq_conv_winograd_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stdbool.h>
#include <string.h>

#include "tq_winograd_inputs_dsp.h"

enum { POSITIONS = 16, COLUMN_WORDS = 8 };

/* The inputs of a row of tiles: four rows of the image, the first and the last of which may be padding. */
typedef struct {
    const int8_t *rows[4];
    int32_t groups;
    const int8_t *padding; /* as long as two pixels */
    bool first;
    bool last;
} band;

/* What padding becomes beside the image: a column of which each row holds the zero point. */
static void pad_column(int32_t zero_point, int32_t groups, int32_t *to)
{
    const int32_t twice = (int32_t)((uint32_t)(uint16_t)(2 * zero_point) * 0x10001u);

    for (int32_t group = 0; group < groups; ++group) {
        to[0] = twice;
        to[1] = twice;
        for (int32_t i = 2; i < COLUMN_WORDS; ++i) {
            to[i] = 0;
        }
        to += COLUMN_WORDS;
    }
}

/* Where the outputs of a band begin. */
static void start_band(tq_winograd_output outputs[4], int8_t *output, int32_t row_step, int32_t pixel_step)
{
    const int32_t step = 2 * pixel_step;

    outputs[0] = (tq_winograd_output){output, step};
    outputs[1] = (tq_winograd_output){output + pixel_step, step};
    outputs[2] = (tq_winograd_output){output + row_step, step};
    outputs[3] = (tq_winograd_output){output + row_step + pixel_step, step};
}

/* Transforms columns and goes on by them; not so in rows that are padding. */
static void transform_columns(band *b, int32_t count, int32_t *to)
{
    tq_winograd_columns_dsp(b->rows, count * b->groups, to);
    if (b->first) {
        b->rows[0] = b->padding;
    }
    if (b->last) {
        b->rows[3] = b->padding;
    }
}

/* Tiles overlap by two columns, which are the next one's left ones. `columns` has room for four of them. */
static void convolve_band(band *b, const tq_conv_winograd_dsp_geometry *g, int32_t *columns, int32_t *tiles,
                          tq_winograd_args *args)
{
    const int32_t width = g->shape.output_width;
    const int32_t step = COLUMN_WORDS * b->groups;
    int32_t *left = columns;
    int32_t *right = columns + 2 * step;

    pad_column(g->input_zero_point, b->groups, left);
    transform_columns(b, 1, left + step);
    for (int32_t x = 2; x <= width; x += 2) {
        const bool second = x % 4 == 0; /* of two tiles */
        int32_t *used = left;

        if (x < width) {
            transform_columns(b, 2, right);
        } else {
            transform_columns(b, 1, right);
            pad_column(g->input_zero_point, b->groups, right + step);
        }
        tq_winograd_tile_dsp(left, right, b->groups, second ? tiles + 2 : tiles);
        left = right;
        right = used;
        if (second) {
            tq_winograd_block_dsp(args);
            for (int32_t i = 0; i < 4; ++i) {
                args->outputs[i].first += 4 * g->shape.output_channels;
            }
        }
    }
}

void tq_convolve_winograd_dsp(const tq_conv_winograd_dsp_geometry *g, const tq_winograd_channels *channels,
                              const int8_t *image, int8_t *output, void *scratch)
{
    const tq_conv_shape *s = &g->shape;
    const int32_t groups = s->input_channels / 4;
    const int32_t row_bytes = s->input_width * s->input_channels;
    const int32_t row_step = s->output_width * s->output_channels;
    int32_t *columns = scratch;
    int32_t *tiles = columns + 4 * COLUMN_WORDS * groups;
    int8_t *padding = (int8_t *)(tiles + POSITIONS * 4 * groups);
    tq_winograd_args args = {
        .inputs = tiles,
        .scaling = (const tq_winograd_scaling *)(const void *)g->scaling + channels->first / 2,
        .weights = channels->weights,
        .weights_end = channels->weights + channels->count / 2 * POSITIONS * 4 * groups,
    };

    tq_winograd_set_up(&args, groups, g->form);
    memset(padding, g->input_zero_point, (size_t)(2 * s->input_channels));
    output += channels->first;
    for (int32_t y = 0; y < s->output_height; y += 2) {
        band b = {
            .groups = groups,
            .padding = padding,
            .first = y == 0,
            .last = y + 2 == s->input_height,
        };

        b.rows[0] = b.first ? padding : image - row_bytes;
        b.rows[1] = image;
        b.rows[2] = image + row_bytes;
        b.rows[3] = b.last ? padding : image + 2 * row_bytes;
        start_band(args.outputs, output, row_step, s->output_channels);
        convolve_band(&b, g, columns, tiles, &args);
        image += 2 * row_bytes;
        output += 2 * row_step;
    }
}

#endif
