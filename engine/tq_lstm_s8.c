#include "tq_lstm_s8.h"

#include <stddef.h>
#include <string.h>

static int32_t scaled_sum(const tq_lstm_s8_sums *sums, const int8_t *vector, int32_t depth, int32_t unit)
{
    const int8_t *weights = sums->weights + unit * depth;
    int32_t sum = sums->bias[unit];

    for (int32_t i = 0; i < depth; ++i) {
        sum += vector[i] * weights[i];
    }
    return tq_clamp(tq_scale(sum, sums->multiplier, sums->shift), INT16_MIN, INT16_MAX);
}

/* What goes into a gate's squashing function, 12 fractional bits. */
static int32_t gate_of(const tq_lstm_shape *shape, const tq_lstm_s8_gate *gate, const int8_t *input,
                       const int8_t *hidden, int32_t unit)
{
    const int32_t sum = scaled_sum(&gate->input, input, shape->inputs, unit) +
                        scaled_sum(&gate->recurrent, hidden, shape->units, unit);

    return tq_clamp(sum, INT16_MIN, INT16_MAX);
}

static void step(const tq_lstm_s8_params *p, const int8_t *input, const int8_t *hidden, int16_t *cell, int8_t *output)
{
    const tq_lstm_shape *shape = &p->shape;

    for (int32_t unit = 0; unit < shape->units; ++unit) {
        const tq_lstm_gates gates = {
            gate_of(shape, &p->forget_gate, input, hidden, unit),
            gate_of(shape, &p->input_gate, input, hidden, unit),
            gate_of(shape, &p->cell_gate, input, hidden, unit),
            gate_of(shape, &p->output_gate, input, hidden, unit),
        };

        output[unit] = (int8_t)tq_clamp(tq_lstm_unit(&p->cell, gates, &cell[unit]), INT8_MIN, INT8_MAX);
    }
}

void tq_lstm_s8(const tq_lstm_s8_params *p, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output)
{
    const tq_lstm_shape *shape = &p->shape;
    const int32_t units = shape->units;

    for (int32_t batch = 0; batch < shape->batches; ++batch) {
        for (int32_t time = 0; time < shape->steps; ++time) {
            const int32_t row = batch * shape->batch_rows + time * shape->step_rows;
            int8_t *to = output + row * units;

            step(p, input + row * shape->inputs, hidden, cell, to);
            memcpy(hidden, to, (size_t)units * sizeof *hidden);
        }
        hidden += units;
        cell += units;
    }
}
