/* The inputs of Winograd's filtering, for cores with the DSP extension: B' d B of four channels at a time, where
 * B' d = (d0 - d2, d1 + d2, d2 - d1, d1 - d3). Channels 0 and 2 are the halves of a word, channels 1 and 3 of the next.
 */
#ifndef TQ_WINOGRAD_INPUTS_DSP_H
#define TQ_WINOGRAD_INPUTS_DSP_H

#include <stdint.h>

/* Down the columns of four rows of `words` words of inputs, at least one: for each word [4 rows][2] words. */
void tq_winograd_columns_dsp(const int8_t *const rows[4], int32_t words, int32_t *output);

/* Along the rows of a tile: its four columns of [groups][4 rows][2] words, one after the other, become
 * [16 positions][groups]: four words, of which two are written.
 */
void tq_winograd_tile_dsp(const int32_t *columns, int32_t groups, int32_t *output);

#endif
