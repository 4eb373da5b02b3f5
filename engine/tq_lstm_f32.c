#include "tq_lstm_f32.h"

#include <stddef.h>
#include <string.h>

#include "tq_math_f32.h"

static float dot(const float *a, const float *b, int32_t count)
{
    float sum = 0.0f;

    for (int32_t i = 0; i < count; ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* What goes into a gate's squashing function. */
static float gate_of(const tq_lstm_shape *shape, const tq_lstm_f32_gate *gate, const float *input,
                     const float *hidden, int32_t unit)
{
    const float sum = dot(input, gate->input_weights + unit * shape->inputs, shape->inputs) + gate->bias[unit];

    return sum + dot(hidden, gate->recurrent_weights + unit * shape->units, shape->units);
}

static void step(const tq_lstm_f32_params *p, const float *input, const float *hidden, float *cell, float *output)
{
    const tq_lstm_shape *shape = &p->shape;

    for (int32_t unit = 0; unit < shape->units; ++unit) {
        const float forget = tq_logistic_f32(gate_of(shape, &p->forget_gate, input, hidden, unit));
        const float admitted = tq_logistic_f32(gate_of(shape, &p->input_gate, input, hidden, unit));
        const float proposed = tq_tanh_f32(gate_of(shape, &p->cell_gate, input, hidden, unit));
        float sum = forget * cell[unit] + admitted * proposed;

        if (p->clip > 0.0f) {
            sum = sum > p->clip ? p->clip : sum;
            sum = sum < -p->clip ? -p->clip : sum;
        }
        cell[unit] = sum;
        output[unit] = tq_tanh_f32(sum) * tq_logistic_f32(gate_of(shape, &p->output_gate, input, hidden, unit));
    }
}

void tq_lstm_f32(const tq_lstm_f32_params *p, const float *input, float *hidden, float *cell, float *output)
{
    const tq_lstm_shape *shape = &p->shape;
    const int32_t units = shape->units;

    for (int32_t batch = 0; batch < shape->batches; ++batch) {
        for (int32_t time = 0; time < shape->steps; ++time) {
            const int32_t row = batch * shape->batch_rows + time * shape->step_rows;
            float *to = output + row * units;

            step(p, input + row * shape->inputs, hidden, cell, to);
            memcpy(hidden, to, (size_t)units * sizeof *hidden);
        }
        hidden += units;
        cell += units;
    }
}
