/* What the DEPTHWISE_CONV_2D kernels for cores with the DSP extension share: a walk over tiles and channels. */
#ifndef TQ_DEPTHWISE_DSP_H
#define TQ_DEPTHWISE_DSP_H

#include "tq_depthwise_conv_s8_dsp.h"

/* Gives a channel's filter: in `room`, or where it is already, and then others follow it there. */
typedef const tq_depthwise_channel_dsp *tq_depthwise_channel_function(const void *params, int32_t channel,
                                                                      tq_depthwise_channel_dsp *room);

void tq_depthwise_dsp(const tq_depthwise_dsp_geometry *g, tq_depthwise_channel_function *channel_of, const void *params,
                      const int8_t *input, int8_t *output, int32_t *tile);

#endif
