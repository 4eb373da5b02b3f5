/* Where a depthwise filter lies over the image: shared by the DEPTHWISE_CONV_2D kernels of all types. */
#ifndef TQ_DEPTHWISE_WINDOW_H
#define TQ_DEPTHWISE_WINDOW_H

#include <stdint.h>

#include "tq_conv_shape.h"

/* One filter position: the taps inside the input, and how to walk over them in channel 0 of input and weights. */
typedef struct {
    int32_t rows;
    int32_t columns;
    int32_t input_start;
    int32_t input_row_step;
    int32_t input_column_step;
    int32_t weights_start;
    int32_t weights_row_step;
    int32_t weights_column_step;
} tq_depthwise_window;

/* The taps [first, end) of a filter that lie inside the input along one axis. */
typedef struct {
    int32_t first;
    int32_t end;
} tq_tap_range;

static inline tq_tap_range tq_taps_inside(int32_t origin, int32_t input_size, int32_t filter_size, int32_t dilation)
{
    tq_tap_range taps = {0, filter_size};

    while (taps.first < taps.end && origin + taps.first * dilation < 0) {
        ++taps.first;
    }
    while (taps.end > taps.first && origin + (taps.end - 1) * dilation >= input_size) {
        --taps.end;
    }
    return taps;
}

/* The filter of the output pixel (output_y, output_x); weights of neighbouring taps are `tap_size` apart. */
static inline tq_depthwise_window tq_depthwise_window_at(const tq_conv_shape *s, int32_t output_y, int32_t output_x,
                                                         int32_t tap_size)
{
    const int32_t top = output_y * s->stride_height - s->padding_top;
    const int32_t left = output_x * s->stride_width - s->padding_left;
    const tq_tap_range rows = tq_taps_inside(top, s->input_height, s->filter_height, s->dilation_height);
    const tq_tap_range columns = tq_taps_inside(left, s->input_width, s->filter_width, s->dilation_width);
    const int32_t y = top + rows.first * s->dilation_height;
    const int32_t x = left + columns.first * s->dilation_width;

    return (tq_depthwise_window){
        .rows = rows.end - rows.first,
        .columns = columns.end - columns.first,
        .input_start = (y * s->input_width + x) * s->input_channels,
        .input_row_step = s->dilation_height * s->input_width * s->input_channels,
        .input_column_step = s->dilation_width * s->input_channels,
        .weights_start = (rows.first * s->filter_width + columns.first) * tap_size,
        .weights_row_step = s->filter_width * tap_size,
        .weights_column_step = tap_size,
    };
}

#endif
