/* int8 as pairs of int16, for cores with the DSP extension: a word of bytes k0..k3 becomes (k0, k2) and (k1, k3). */
#ifndef TQ_WIDEN_DSP_H
#define TQ_WIDEN_DSP_H

#include <stdint.h>

/* Rows of two arrays; widened words of both alternate. Where rows are no whole words, what is left over follows the
 * words of all rows: it is packed to words in `rests`.
 */
typedef struct {
    const int8_t *first;
    const int8_t *second;
    int32_t first_step; /* bytes from the end of a row to the start of the next one */
    int32_t second_step;
    int32_t words; /* in a row of one array */
    int32_t rows;
    int32_t *output;
    int32_t rest;     /* bytes of a row after its words */
    int8_t *rests[2]; /* room for rows * rest bytes of each array, in whole words; may be where the array is */
} tq_widen_pair_dsp_args;

typedef void tq_widen_pair_dsp_function(const tq_widen_pair_dsp_args *args);

tq_widen_pair_dsp_function tq_widen_pair_dsp;      /* addresses and steps are multiples of four bytes; no rest */
tq_widen_pair_dsp_function tq_widen_any_pair_dsp;  /* any addresses and rests */
tq_widen_pair_dsp_function tq_widen_pair_of_4_dsp; /* rows of four bytes, at any addresses */
tq_widen_pair_dsp_function tq_widen_pair_of_9_dsp; /* three rows of nine bytes, at any addresses */

/* One array of words. Returns the end of the output. */
int32_t *tq_widen_dsp(const int8_t *input, int32_t words, int32_t *output);

#endif
