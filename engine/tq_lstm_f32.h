/* UNIDIRECTIONAL_SEQUENCE_LSTM of float32. */
#ifndef TQ_LSTM_F32_H
#define TQ_LSTM_F32_H

#include <stdint.h>

#include "tq_lstm.h"

typedef struct {
    const float *input_weights;     /* [units][inputs] */
    const float *recurrent_weights; /* [units][units] */
    const float *bias;              /* [units] */
} tq_lstm_f32_gate;

typedef struct {
    tq_lstm_shape shape;
    tq_lstm_f32_gate forget_gate;
    tq_lstm_f32_gate input_gate;
    tq_lstm_f32_gate cell_gate;
    tq_lstm_f32_gate output_gate;
    float clip; /* of cells; 0 for none */
} tq_lstm_f32_params;

/* Continues from hidden [batches][units] and cell [batches][units], and leaves there what the next call needs. */
void tq_lstm_f32(const tq_lstm_f32_params *p, const float *input, float *hidden, float *cell, float *output);

#endif
