/* CONV_2D for the vector extension, any filter without dilation or groups: gathers the inputs of four pixels at a time. */
#ifndef TQ_CONV_S8_MVE_H
#define TQ_CONV_S8_MVE_H

#include <stdint.h>

#include "tq_conv_shape.h"
#include "tq_dot_s8_mve.h"

typedef struct {
    tq_conv_shape shape;
    int32_t input_zero_point;   /* what padding holds */
    int32_t row_bytes;          /* of a padded row of the input, as far as filters reach */
    tq_dot_s8_mve_params dot;   /* inputs in the order [filter_height][filter_width][input_channels] */
} tq_conv_s8_mve_params;

/* Bytes of the scratch buffer: a tile, four pixels of outputs, the inputs of a pixel, and as many rows as a filter has;
 * vectors may be read and written past the latter two.
 */
#define TQ_CONV_S8_MVE_SCRATCH_BYTES(depth, channels, filter_height, row_bytes) \
    (((depth) + 15) / 16 * (64 + 16) + ((channels) + 3) / 4 * 16 + 16 + (filter_height) * (row_bytes) + 16)

void tq_conv_s8_mve(const tq_conv_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch);

/* The same after a ReLU, see tq_dot_s8_mve_relu. */
void tq_conv_s8_mve_relu(const tq_conv_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch);

#endif
