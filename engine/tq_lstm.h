/* UNIDIRECTIONAL_SEQUENCE_LSTM: what the kernels of all types share. */
#ifndef TQ_LSTM_H
#define TQ_LSTM_H

#include <stdint.h>

#include "tq_fixed_point.h"
#include "tq_squash_s16.h"

/* Inputs and outputs are rows of one batch and step each: row = batch * batch_rows + step * step_rows. */
typedef struct {
    int32_t batches;
    int32_t steps;
    int32_t inputs; /* of a row */
    int32_t units;
    int32_t batch_rows;
    int32_t step_rows;
} tq_lstm_shape;

/* In the form of tq_scale. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} tq_lstm_factor;

typedef struct {
    const uint16_t *table;      /* as in tq_squash_s16.h */
    tq_lstm_factor kept;        /* of forget gate * cell, to codes of the cell */
    tq_lstm_factor added;       /* of input gate * cell gate, likewise */
    tq_lstm_factor shown;       /* of tanh(cell) * output gate, to codes of the output */
    int32_t clip;               /* of cells; 0 for none */
    int32_t tanh_multiplier;    /* from cells to units of 1/12288: multiplier / 2^shift */
    int32_t tanh_shift;
    int32_t output_zero_point;
} tq_lstm_cell;

/* What goes into the squashing functions of a unit's gates, 12 fractional bits. */
typedef struct {
    int32_t forget;
    int32_t input;
    int32_t cell;
    int32_t output;
} tq_lstm_gates;

static inline int32_t tq_lstm_product(tq_lstm_factor factor, int32_t a, int32_t b)
{
    return tq_scale(a * b, factor.multiplier, factor.shift);
}

/* Updates the cell of a unit; its output code, not yet saturated. */
static inline int32_t tq_lstm_unit(const tq_lstm_cell *p, tq_lstm_gates gates, int16_t *cell)
{
    const int32_t unit = 3; /* 12 fractional bits in units of 1/12288 */
    const int32_t forget = tq_logistic_of(p->table, unit * gates.forget);
    const int32_t input = tq_logistic_of(p->table, unit * gates.input);
    const int32_t proposed = tq_tanh_of(p->table, unit * gates.cell);
    const int32_t shown = tq_logistic_of(p->table, unit * gates.output);
    const int32_t kept = tq_clamp(tq_lstm_product(p->kept, forget, *cell), INT16_MIN, INT16_MAX);
    const int32_t added = tq_clamp(tq_lstm_product(p->added, input, proposed), INT16_MIN, INT16_MAX);
    int32_t sum = tq_clamp(kept + added, INT16_MIN, INT16_MAX);

    if (p->clip > 0) {
        sum = tq_clamp(sum, -p->clip, p->clip);
    }
    *cell = (int16_t)sum;
    const int32_t half = p->tanh_shift > 0 ? 1 << (p->tanh_shift - 1) : 0;
    const int32_t bounded = tq_tanh_of(p->table, (sum * p->tanh_multiplier + half) >> p->tanh_shift);

    return tq_lstm_product(p->shown, bounded, shown) + p->output_zero_point;
}

#endif
