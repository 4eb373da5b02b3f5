/* FULLY_CONNECTED for cores without the DSP extension: two channels per multiplication.
 *
 * As tq_paired_s8.h, but a word holds the weights of two channels, each of which is multiplied by the same input.
 */
#ifndef TQ_FULLY_CONNECTED_PAIRED_S8_H
#define TQ_FULLY_CONNECTED_PAIRED_S8_H

#include <stdint.h>

#include "tq_paired_s8.h"

typedef struct {
    int32_t rows;                 /* input [rows][depth], output [rows][channels] */
    int32_t depth;                /* inputs per output channel */
    tq_paired_s8_params channels; /* weights [channels / 4, rounded up][words] */
} tq_fully_connected_paired_s8_params;

/* Bytes of the scratch buffer `codes`: a row of the input. */
#define TQ_FULLY_CONNECTED_PAIRED_S8_SCRATCH_BYTES(depth) (((depth) + 3) / 4 * 4)

/* The sums of products of four channels over the words [weights, end), a multiple of four. */
void tq_fully_connected_paired_sums(const uint8_t *codes, const uint32_t *weights, const uint32_t *end, uint32_t *sums);

void tq_fully_connected_paired_s8(const tq_fully_connected_paired_s8_params *p, const int8_t *input, int8_t *output,
                                  uint8_t *codes);

#endif
