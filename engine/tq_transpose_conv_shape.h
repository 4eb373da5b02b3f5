/* The geometry of a transposed convolution, seen from its output. */
#ifndef TQ_TRANSPOSE_CONV_SHAPE_H
#define TQ_TRANSPOSE_CONV_SHAPE_H

#include <stdint.h>

typedef struct {
    int32_t batches;
    int32_t input_height;
    int32_t input_width;
    int32_t input_channels;
    int32_t output_height;
    int32_t output_width;
    int32_t output_channels;
    int32_t filter_height;
    int32_t filter_width;
    int32_t stride_height;
    int32_t stride_width;
    int32_t padding_top;
    int32_t padding_left;
} tq_transpose_conv_shape;

/* Along one axis: `count` taps from `filter` on, a stride apart, that meet the inputs from `input` on downwards. */
typedef struct {
    int32_t filter;
    int32_t input;
    int32_t count;
} tq_transpose_conv_taps;

/* The taps at a position of the padded output: position = input * stride + filter. */
static inline tq_transpose_conv_taps tq_transpose_conv_taps_at(
    int32_t position, int32_t stride, int32_t filter_size, int32_t input_size)
{
    tq_transpose_conv_taps taps = {position % stride, position / stride, 0};

    if (taps.input >= input_size) { /* taps whose inputs would lie behind the last one */
        taps.filter += (taps.input - input_size + 1) * stride;
        taps.input = input_size - 1;
    }
    if (taps.filter < filter_size) {
        taps.count = (filter_size - taps.filter + stride - 1) / stride;
    }
    if (taps.count > taps.input + 1) {
        taps.count = taps.input + 1;
    }
    return taps;
}

#endif
