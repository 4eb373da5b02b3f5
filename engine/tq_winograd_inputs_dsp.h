/* The inputs of Winograd's filtering, for cores with the DSP extension: B' d B of four channels at a time, where
 * B' d = (d1 + d2, d2 - d1, d0 - d2, d3 - d1), in the order of tq_winograd_block_dsp. Channels 0 and 2 are the halves of
 * a word, channels 1 and 3 of the next.
 */
#ifndef TQ_WINOGRAD_INPUTS_DSP_H
#define TQ_WINOGRAD_INPUTS_DSP_H

#include <stdint.h>

/* Down the columns of four rows of `words` words of inputs, at least one: for each word [4 rows][2] words. The rows go
 * on by what was read.
 */
void tq_winograd_columns_dsp(const int8_t *rows[4], int32_t words, int32_t *output);

/* Along the rows of a tile: its columns of [groups][4 rows][2] words, of which there are two at `left` and two at
 * `right`, become [16 positions][groups]: four words, of which two are written.
 */
void tq_winograd_tile_dsp(const int32_t *left, const int32_t *right, int32_t groups, int32_t *output);

#endif
