/* FULLY_CONNECTED for the vector extension: four or eight output channels at a time. */
#ifndef TQ_FULLY_CONNECTED_S8_MVE_H
#define TQ_FULLY_CONNECTED_S8_MVE_H

#include <stdint.h>

typedef struct {
    int32_t rows; /* input [rows][depth], output [rows][channels] */
    int32_t depth;
    int32_t channels;
    int32_t steps;         /* of 16 inputs; weights are padded with zeros */
    const int8_t *weights; /* [channels / 4][step][4][16], or in eights, channels 0, 2, 4, 6, 1, 3, 5, 7 of each */
    const int32_t *scales; /* for the same channels, two words each (see tq_mve.h): the first of four, then the others */
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_fully_connected_s8_mve_params;

/* Bytes of the scratch buffer: a padded row of inputs, and one of outputs. */
#define TQ_FULLY_CONNECTED_S8_MVE_SCRATCH_BYTES(depth, channels) \
    (((depth) % 16 == 0 ? 0 : ((depth) + 15) / 16 * 16) + ((channels) % 4 == 0 ? 0 : ((channels) + 3) / 4 * 4))

/* Any number of channels, weights in fours. */
void tq_fully_connected_s8_mve_by_4(const tq_fully_connected_s8_mve_params *p, const int8_t *input, int8_t *output,
                                    int8_t *scratch);

/* A multiple of 8 channels, weights in eights. */
void tq_fully_connected_s8_mve_by_8(const tq_fully_connected_s8_mve_params *p, const int8_t *input, int8_t *output,
                                    int8_t *scratch);

#endif
