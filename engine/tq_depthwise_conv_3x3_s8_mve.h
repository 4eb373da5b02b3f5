/* DEPTHWISE_CONV_2D with 3x3 filters and strides of 1 or 2 for the vector extension.
 *
 * VST4 interleaves four rows of the input: then four columns of one channel are four words, which one gather load makes
 * a vector of 4x4 inputs. With the filter at its four places in that vector, four VMLADAV give 2x2 outputs; with a
 * stride of 2 each gather gives one output. The interleaved rows are called strips; several of them lie one behind the
 * other in scratch, with padding between them, so that outputs are at a constant distance all the way.
 */
#ifndef TQ_DEPTHWISE_CONV_3X3_S8_MVE_H
#define TQ_DEPTHWISE_CONV_3X3_S8_MVE_H

#include <stdint.h>

#include "tq_conv_shape.h"

typedef struct {
    tq_conv_shape shape; /* input_channels = output_channels */
    int32_t input_zero_point;
    int32_t strips;         /* that are in scratch at once; two rows of outputs each, or one with a stride of 2 */
    int32_t pitch;          /* columns from strip to strip, even: the input's and at least one of padding, if any */
    const int32_t *filters; /* [channel][5]: three columns, with row 0 in the lowest byte; two words, see tq_mve.h */
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_depthwise_conv_3x3_s8_mve_params;

/* Vectors of 8 outputs of a channel. */
#define TQ_DEPTHWISE_CONV_3X3_S8_MVE_VECTORS(strips, pitch, stride) \
    ((strips) * (pitch) / 2 * ((stride) == 1 ? 4 : 1) + 7) / 8

/* Bytes of the scratch buffer: where those outputs go, and the strips of 16 channels. */
#define TQ_DEPTHWISE_CONV_3X3_S8_MVE_SCRATCH_BYTES(strips, pitch, stride)        \
    (TQ_DEPTHWISE_CONV_3X3_S8_MVE_VECTORS(strips, pitch, stride) * 16 +           \
     (TQ_DEPTHWISE_CONV_3X3_S8_MVE_VECTORS(strips, pitch, stride) * ((stride) == 1 ? 4 : 16) + 2) * 64)

/* Strides of 1. */
void tq_depthwise_conv_3x3_s8_mve(const tq_depthwise_conv_3x3_s8_mve_params *p, const int8_t *input, int8_t *output,
                                  int8_t *scratch);

/* Strides of 2. */
void tq_depthwise_conv_3x3_s8_mve_by_2(const tq_depthwise_conv_3x3_s8_mve_params *p, const int8_t *input,
                                       int8_t *output, int8_t *scratch);

/* The same with a fused ReLU: zero point and min are -128, max is 127. */
void tq_depthwise_conv_3x3_s8_mve_relu(const tq_depthwise_conv_3x3_s8_mve_params *p, const int8_t *input,
                                       int8_t *output, int8_t *scratch);
void tq_depthwise_conv_3x3_s8_mve_by_2_relu(const tq_depthwise_conv_3x3_s8_mve_params *p, const int8_t *input,
                                            int8_t *output, int8_t *scratch);

#endif
