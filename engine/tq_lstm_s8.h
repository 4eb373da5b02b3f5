/* UNIDIRECTIONAL_SEQUENCE_LSTM of int8. */
#ifndef TQ_LSTM_S8_H
#define TQ_LSTM_S8_H

#include <stdint.h>

#include "tq_lstm.h"

/* Sums of products of one vector, one for each unit; scaled to 12 fractional bits in the form of tq_scale. */
typedef struct {
    const int8_t *weights; /* [units][depth] */
    const int32_t *bias;   /* [units], with what the vector's zero point adds */
    int32_t multiplier;
    int32_t shift;
} tq_lstm_s8_sums;

/* A gate is the sum of both, squashed. */
typedef struct {
    tq_lstm_s8_sums input;
    tq_lstm_s8_sums recurrent;
} tq_lstm_s8_gate;

typedef struct {
    tq_lstm_shape shape;
    tq_lstm_s8_gate forget_gate;
    tq_lstm_s8_gate input_gate;
    tq_lstm_s8_gate cell_gate;
    tq_lstm_s8_gate output_gate;
    tq_lstm_cell cell;
} tq_lstm_s8_params;

/* Continues from hidden [batches][units] and cell [batches][units], and leaves there what the next call needs. */
void tq_lstm_s8(const tq_lstm_s8_params *p, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output);

#endif
