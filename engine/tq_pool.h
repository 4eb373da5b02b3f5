/* MAX_POOL_2D and AVERAGE_POOL_2D, NHWC: what the kernels of all types share. Padding takes no part in either. */
#ifndef TQ_POOL_H
#define TQ_POOL_H

#include <stdint.h>

#include "tq_fixed_point.h"

typedef struct {
    int32_t batches;
    int32_t input_height;
    int32_t input_width;
    int32_t channels;
    int32_t output_height;
    int32_t output_width;
    int32_t filter_height;
    int32_t filter_width;
    int32_t stride_height;
    int32_t stride_width;
    int32_t padding_top;
    int32_t padding_left;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_pool_params;

/* The part of the input under one filter position: rows [top, bottom), columns [left, right). */
typedef struct {
    int32_t top;
    int32_t bottom;
    int32_t left;
    int32_t right;
} tq_pool_window;

static inline tq_pool_window tq_pool_window_at(const tq_pool_params *p, int32_t output_y, int32_t output_x)
{
    const int32_t top = output_y * p->stride_height - p->padding_top;
    const int32_t left = output_x * p->stride_width - p->padding_left;

    return (tq_pool_window){
        .top = tq_clamp(top, 0, p->input_height),
        .bottom = tq_clamp(top + p->filter_height, 0, p->input_height),
        .left = tq_clamp(left, 0, p->input_width),
        .right = tq_clamp(left + p->filter_width, 0, p->input_width),
    };
}

/* Rounded to nearest, ties away from zero. */
static inline int32_t tq_average(int32_t sum, tq_pool_window w)
{
    const int32_t count = (w.bottom - w.top) * (w.right - w.left);

    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

#endif
