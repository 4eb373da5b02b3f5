/* RESIZE_NEAREST_NEIGHBOR of any type. */
#ifndef TQ_RESIZE_NEAREST_H
#define TQ_RESIZE_NEAREST_H

#include <stdint.h>

typedef struct {
    int32_t batches;
    int32_t input_height;
    int32_t input_width;
    int32_t output_height;
    int32_t output_width;
    int32_t pixel_bytes;
    const uint16_t *rows;    /* [output_height], the row of the input that each one shows */
    const uint16_t *columns; /* [output_width], likewise */
} tq_resize_nearest_params;

void tq_resize_nearest(const tq_resize_nearest_params *p, const void *input, void *output);

#endif
