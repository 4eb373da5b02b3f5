/* The weights of Winograd's filtering, for cores with the DSP extension: 2G g (2G)' with the rows of 2G in the order of
 * tq_winograd_block_dsp: (1, 1, 1), (1, -1, 1), (2, 0, 0), (0, 0, 2).
 */
#ifndef TQ_WINOGRAD_WEIGHTS_DSP_H
#define TQ_WINOGRAD_WEIGHTS_DSP_H

#include <stdint.h>

/* Two channels: [groups][2 channels][9 taps][4 inputs] become [16 positions][groups]: four words, (k0, k2) and (k1, k3)
 * of both channels.
 */
void tq_winograd_weights_dsp(const int8_t *weights, int32_t groups, int32_t *output);

#endif
