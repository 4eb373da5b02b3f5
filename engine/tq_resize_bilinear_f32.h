/* RESIZE_BILINEAR of float32. */
#ifndef TQ_RESIZE_BILINEAR_F32_H
#define TQ_RESIZE_BILINEAR_F32_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int32_t input_size;
    int32_t output_size;
    float scale; /* steps in the input for one in the output */
} tq_resize_bilinear_f32_axis;

typedef struct {
    int32_t batches;
    tq_resize_bilinear_f32_axis rows;
    tq_resize_bilinear_f32_axis columns;
    int32_t depth;
    bool half_pixel_centers;
} tq_resize_bilinear_f32_params;

void tq_resize_bilinear_f32(const tq_resize_bilinear_f32_params *p, const float *input, float *output);

#endif
