#include "tq_conv_s8.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Collects the inputs under the filter at (top, left), of `channels` channels from `first_channel` on. */
static void gather_patch(const tq_conv_s8_params *p, const int8_t *image, int32_t top, int32_t left,
                         int32_t first_channel, int32_t channels, int8_t *patch)
{
    for (int32_t filter_y = 0; filter_y < p->filter_height; ++filter_y) {
        const int32_t y = top + filter_y * p->dilation_height;

        for (int32_t filter_x = 0; filter_x < p->filter_width; ++filter_x) {
            const int32_t x = left + filter_x * p->dilation_width;
            const bool inside = y >= 0 && y < p->input_height && x >= 0 && x < p->input_width;

            if (inside) {
                const int32_t pixel = y * p->input_width + x;

                memcpy(patch, image + pixel * p->input_channels + first_channel, (size_t)channels);
            } else {
                memset(patch, p->input_zero_point, (size_t)channels);
            }
            patch += channels;
        }
    }
}

void tq_conv_s8(const tq_conv_s8_params *p, const int8_t *input, int8_t *output, int8_t *patch)
{
    const int32_t group_inputs = p->input_channels / p->groups;
    const int32_t group_outputs = p->output_channels / p->groups;
    const int32_t image_size = p->input_height * p->input_width * p->input_channels;

    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t y = 0; y < p->output_height; ++y) {
            const int32_t top = y * p->stride_height - p->padding_top;

            for (int32_t x = 0; x < p->output_width; ++x) {
                const int32_t left = x * p->stride_width - p->padding_left;

                for (int32_t group = 0; group < p->groups; ++group) {
                    gather_patch(p, input, top, left, group * group_inputs, group_inputs, patch);
                    tq_linear_s8(&p->linear, patch, group * group_outputs, group_outputs, 0, output);
                }
                output += p->output_channels;
            }
        }
        input += image_size;
    }
}
