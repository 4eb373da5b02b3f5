/* DEPTHWISE_CONV_2D with 3x3 filters, one output channel per input channel and stride 1 or 2, for cores with the DSP
 * extension: tile by tile, four channels at a time.
 */
#ifndef TQ_DEPTHWISE_CONV_S8_DSP_H
#define TQ_DEPTHWISE_CONV_S8_DSP_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_depthwise_tile_s8_dsp.h"
#include "tq_unpack.h"

/* Inputs are used as they are: biases already hold -input_zero_point * sum(weights). There are four channels or more. */
typedef struct {
    tq_conv_shape shape;
    int32_t input_zero_point; /* what padding holds */
    int32_t tile_columns;     /* outputs of a tile, in both directions; columns even where there are several tiles */
    int32_t tile_rows;
    tq_depthwise_tile_function *filter;
} tq_depthwise_dsp_geometry;

/* Weights as int8 in flash, or packed in fewer bits. */
typedef struct {
    tq_depthwise_dsp_geometry geometry;
    const void *weights;       /* [channels][3][3] */
    const int32_t *bias;       /* [channels] */
    const int32_t *multiplier; /* [channels], or [1] if multiplier_step is 0 */
    const int8_t *shift;       /* as multiplier: bits to the right, to 22; to the left, where outputs are not negative */
    int32_t multiplier_step;
    int32_t output_zero_point;
    int32_t is_signed;          /* form of the filter function */
    int32_t filter_bytes;       /* of the weights of a channel */
    tq_unpack_function *unpack; /* where they are packed */
} tq_depthwise_conv_s8_dsp_params;

/* Bytes of a tile of so many columns of inputs. */
#define TQ_DEPTHWISE_CONV_S8_DSP_SCRATCH_BYTES(columns) (((columns) + 1) / 2 * 4 * TQ_TILE_PAIR_WORDS)

/* `scratch` is aligned to four bytes. */
void tq_depthwise_conv_s8_dsp(const tq_depthwise_conv_s8_dsp_params *p, const int8_t *input, int8_t *output,
                              void *scratch);

/* Filters in flash as they are used. */
typedef struct {
    tq_depthwise_dsp_geometry geometry;
    const int32_t *channels; /* each the words of a tq_depthwise_channel_dsp */
} tq_depthwise_conv_s8_dsp_wide_params;

void tq_depthwise_conv_s8_dsp_wide(const tq_depthwise_conv_s8_dsp_wide_params *p, const int8_t *input, int8_t *output,
                                   void *scratch);

#endif
