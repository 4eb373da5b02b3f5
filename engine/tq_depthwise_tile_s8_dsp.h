/* 3x3 depthwise filters over a tile of an image, for cores with the DSP extension.
 *
 * A tile holds four channels as int16, [pairs of columns][4 channels][TQ_TILE_ROWS]: a word is two neighbours in a row,
 * steps down a column are words in a row, and the next pair of columns is a constant away.
 */
#ifndef TQ_DEPTHWISE_TILE_S8_DSP_H
#define TQ_DEPTHWISE_TILE_S8_DSP_H

#include <stdint.h>

enum {
    TQ_TILE_ROWS = 28,
    TQ_TILE_PAIR_WORDS = 4 * TQ_TILE_ROWS,
    TQ_DEPTHWISE_SHIFT = 10, /* of the form for outputs that are not negative, instead of TQ_DSP_SHIFT */
};

/* Copies rows of pixels of four channels to a tile; there are two rows or more. */
typedef struct {
    const int8_t *input; /* the first channel of the first pixel */
    int32_t pixel_step;  /* bytes */
    int32_t *tile;       /* the first pixel's pair of columns, in the first row */
    int32_t odd;         /* 1 if the first pixel is the second one of its pair */
    int32_t columns;
    int32_t rows;
    int32_t row_skip; /* bytes from the end of a row to the start of the next one */
} tq_tile_pixels_args;

void tq_tile_pixels_dsp(const tq_tile_pixels_args *args);

/* One channel's filter. Taps and bias are shifted as their form wants it. */
typedef struct {
    int32_t taps[6]; /* of each row the pairs (w0, w1) and (w1, w2) */
    int32_t multiplier;
    int32_t addend;
    int32_t right;
    int32_t bias;
} tq_depthwise_channel_dsp;

typedef struct {
    const int32_t *tile;
    int8_t *output;
    int32_t columns;
    int32_t rows;
    int32_t pixel_step; /* bytes from output to output in a row */
    int32_t row_step;   /* from row to row; 0 if there is one row only */
    const tq_depthwise_channel_dsp *channels; /* four */
    int32_t ends_padded; /* 1 if the third column under the last outputs is padding, and they are no pair */
} tq_depthwise_tile_args;

/* Filters four channels. Two rows of outputs at a time; where their number is odd, the last one is computed alone, or the
 * last but one twice.
 */
typedef void tq_depthwise_tile_function(const tq_depthwise_tile_args *args);

/* Stride 1 or 2, both ways; forms as TQ_DSP_NONNEGATIVE_SCALED (with TQ_DEPTHWISE_SHIFT) or TQ_DSP_SIGNED_SCALED. */
tq_depthwise_tile_function tq_depthwise_tile_s8_dsp;
tq_depthwise_tile_function tq_depthwise_tile_signed_s8_dsp;
tq_depthwise_tile_function tq_depthwise_tile_stride2_s8_dsp;
tq_depthwise_tile_function tq_depthwise_tile_stride2_signed_s8_dsp;

#endif
