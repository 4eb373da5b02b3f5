/* CONV_2D of any type as dot products: gathers the inputs under each filter position into a patch. */
#ifndef TQ_CONV_PATCHES_H
#define TQ_CONV_PATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tq_conv_shape.h"

/* What a convolution of one type brings along. */
typedef struct {
    size_t element_bytes; /* of inputs and outputs */
    int32_t padding;      /* every byte of an element outside the image */
    /* computes output[first .. first + count - 1] from a patch */
    void (*linear)(const void *params, const void *patch, int32_t first, int32_t count, void *output);
} tq_conv_type;

/* Collects the inputs under the filter at (top, left), of `channels` channels from `first_channel` on. */
static inline void tq_gather_patch(const tq_conv_shape *s, size_t element_bytes, int32_t padding,
                                   const uint8_t *image, int32_t top, int32_t left, int32_t first_channel,
                                   int32_t channels, uint8_t *patch)
{
    const size_t bytes = (size_t)channels * element_bytes;

    for (int32_t filter_y = 0; filter_y < s->filter_height; ++filter_y) {
        const int32_t y = top + filter_y * s->dilation_height;

        for (int32_t filter_x = 0; filter_x < s->filter_width; ++filter_x) {
            const int32_t x = left + filter_x * s->dilation_width;
            const bool inside = y >= 0 && y < s->input_height && x >= 0 && x < s->input_width;

            if (inside) {
                const int32_t element = (y * s->input_width + x) * s->input_channels + first_channel;

                memcpy(patch, image + (size_t)element * element_bytes, bytes);
            } else {
                memset(patch, padding, bytes);
            }
            patch += bytes;
        }
    }
}

/* Convolves; `params` goes to `type.linear`. The patch holds the inputs under one filter position of one group. */
static inline void tq_conv_patches(const tq_conv_shape *s, int32_t groups, tq_conv_type type, const void *params,
                                   const void *input, void *output, void *patch)
{
    const int32_t group_inputs = s->input_channels / groups;
    const int32_t group_outputs = s->output_channels / groups;
    const size_t image_bytes = (size_t)(s->input_height * s->input_width * s->input_channels) * type.element_bytes;
    const size_t pixel_bytes = (size_t)s->output_channels * type.element_bytes;
    const uint8_t *image = input;
    uint8_t *pixel = output;

    for (int32_t batch = 0; batch < s->batches; ++batch) {
        for (int32_t y = 0; y < s->output_height; ++y) {
            const int32_t top = y * s->stride_height - s->padding_top;

            for (int32_t x = 0; x < s->output_width; ++x) {
                const int32_t left = x * s->stride_width - s->padding_left;

                for (int32_t group = 0; group < groups; ++group) {
                    tq_gather_patch(s, type.element_bytes, type.padding, image, top, left, group * group_inputs,
                                    group_inputs, patch);
                    type.linear(params, patch, group * group_outputs, group_outputs, pixel);
                }
                pixel += pixel_bytes;
            }
        }
        image += image_bytes;
    }
}

#endif
