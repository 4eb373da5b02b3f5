/* RESIZE_BILINEAR of int8. */
#ifndef TQ_RESIZE_BILINEAR_S8_H
#define TQ_RESIZE_BILINEAR_S8_H

#include <stdint.h>

/* One axis: output index i is at (i * step + start) / 1024 of the input. */
typedef struct {
    int32_t input_size;
    int32_t output_size;
    int32_t step;
    int32_t start;
} tq_resize_bilinear_axis;

typedef struct {
    int32_t batches;
    tq_resize_bilinear_axis rows;
    tq_resize_bilinear_axis columns;
    int32_t depth;
} tq_resize_bilinear_s8_params;

void tq_resize_bilinear_s8(const tq_resize_bilinear_s8_params *p, const int8_t *input, int8_t *output);

#endif
