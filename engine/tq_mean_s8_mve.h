/* MEAN of int8 over all pixels of NHWC images for the vector extension: 16 channels at a time. */
#ifndef TQ_MEAN_S8_MVE_H
#define TQ_MEAN_S8_MVE_H

#include <stdint.h>

#include "tq_mean.h"

typedef struct {
    int32_t batches;
    int32_t pixels;
    int32_t channels;
    tq_mean_params mean; /* its loops are not used */
} tq_mean_s8_mve_params;

void tq_mean_s8_mve(const tq_mean_s8_mve_params *p, const int8_t *input, int8_t *output);

#endif
