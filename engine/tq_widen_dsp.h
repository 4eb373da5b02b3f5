/* int8 as pairs of int16, for cores with the DSP extension: a word of bytes k0..k3 becomes (k0, k2) and (k1, k3). */
#ifndef TQ_WIDEN_DSP_H
#define TQ_WIDEN_DSP_H

#include <stdint.h>

/* Rows of words of two arrays; widened words of both alternate. All addresses and steps are multiples of four bytes. */
typedef struct {
    const int8_t *first;
    const int8_t *second;
    int32_t first_step; /* bytes from the end of a row to the start of the next one */
    int32_t second_step;
    int32_t words; /* in a row of one array */
    int32_t rows;
    int32_t *output;
} tq_widen_pair_dsp_args;

void tq_widen_pair_dsp(const tq_widen_pair_dsp_args *args);

/* One array of words. Returns the end of the output. */
int32_t *tq_widen_dsp(const int8_t *input, int32_t words, int32_t *output);

#endif
