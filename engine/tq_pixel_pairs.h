/* The inputs under a filter at two positions, side by side: what kernels for two pixels at a time work on. */
#ifndef TQ_PIXEL_PAIRS_H
#define TQ_PIXEL_PAIRS_H

#include <stdint.h>

#include "tq_conv_shape.h"

/* Where the filter is for one output pixel. */
typedef struct {
    const int8_t *image;
    int32_t output_y;
    int32_t output_x;
} tq_pixel;

/* The sums of two pixels' inputs. */
typedef struct {
    uint32_t first;
    uint32_t second;
} tq_pair_sums;

tq_pixel tq_pixel_after(const tq_conv_shape *s, tq_pixel at);

/* Words with code + 128 of the first pixel in the lower half and of the second one in the upper half,
 * [filter_height][filter_width][input_channels]; returns the sums of those.
 */
tq_pair_sums tq_gather_pair(const tq_conv_shape *s, int32_t input_zero_point, tq_pixel first, tq_pixel second,
                            uint32_t *words);

#endif
