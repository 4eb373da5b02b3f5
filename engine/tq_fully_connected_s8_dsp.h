/* FULLY_CONNECTED for cores with the DSP extension: four channels at a time. */
#ifndef TQ_FULLY_CONNECTED_S8_DSP_H
#define TQ_FULLY_CONNECTED_S8_DSP_H

#include <stdint.h>

#include "tq_fully_connected_block_dsp.h"

typedef struct {
    int32_t rows;
    int32_t columns; /* output channels */
    int32_t groups;
    int32_t block_words; /* of the weights */
    const int32_t *weights;
    const int32_t *scaling; /* the words of tq_fully_connected_dsp_scaling, one or one for each channel */
    int32_t scaling_step;
    tq_fully_connected_dsp_function *block;
} tq_fully_connected_s8_dsp_params;

/* Bytes of scratch: one row of inputs as int16. */
#define TQ_FULLY_CONNECTED_S8_DSP_SCRATCH_BYTES(groups) (8 * (groups))

/* `input` and `scratch` are aligned to four bytes. */
void tq_fully_connected_s8_dsp(const tq_fully_connected_s8_dsp_params *p, const int8_t *input, int8_t *output,
                               void *scratch);

#endif
