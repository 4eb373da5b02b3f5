/* One channel of an image in a plane of its own, with padding: what depthwise kernels slide 3x3 filters over. */
#ifndef TQ_PLANE_S8_H
#define TQ_PLANE_S8_H

#include <stdint.h>

#include "tq_conv_shape.h"

/* Fills a plane with padding. */
void tq_clear_plane(const tq_conv_shape *s, int32_t input_zero_point, int32_t width, int8_t *plane);

/* Brings one channel to a plane that was cleared.
 *
 * from: The channel of the image's first pixel.
 * width: Of the plane, as far as filters reach.
 */
void tq_fill_plane(const tq_conv_shape *s, const int8_t *from, int32_t width, int8_t *plane);

#endif
