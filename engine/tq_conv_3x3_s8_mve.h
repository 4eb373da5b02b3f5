/* CONV_2D with 3x3 filters and strides of 1 for the vector extension: four neighbouring pixels share the columns that
 * their filters have in common.
 */
#ifndef TQ_CONV_3X3_S8_MVE_H
#define TQ_CONV_3X3_S8_MVE_H

#include <stdint.h>

#include "tq_conv_shape.h"

typedef struct {
    tq_conv_shape shape;   /* input_channels a multiple of 16 */
    int32_t input_zero_point;
    int32_t columns;       /* of a padded row: 2 more than whole tiles of four outputs have */
    int32_t channels;      /* output channels, padded to a multiple of 4 */
    const int8_t *weights; /* of the channels c and c + 2, then c + 1 and c + 3, for each c % 4 = 0:
                              [row][input channel / 16][column][2][16] */
    const int32_t *scales; /* two words for each channel (see tq_mve.h), in the same order */
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_conv_3x3_s8_mve_params;

/* Bytes of the scratch buffer: three padded rows, and four pixels of outputs. */
#define TQ_CONV_3X3_S8_MVE_SCRATCH_BYTES(columns, input_channels, output_channels) \
    (3 * (columns) * (input_channels) + ((output_channels) + 3) / 4 * 16)

void tq_conv_3x3_s8_mve(const tq_conv_3x3_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch);

/* The same after a ReLU, where min and zero point are -128 and max is 127; scales are those of tq_scale_once.h. */
void tq_conv_3x3_s8_mve_relu(const tq_conv_3x3_s8_mve_params *p, const int8_t *input, int8_t *output,
                             int8_t *scratch);

#endif
