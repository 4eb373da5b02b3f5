#include "tq_svdf_f32.h"

#include <stddef.h>
#include <string.h>

static float dot(const float *a, const float *b, int32_t count)
{
    float sum = 0.0f;

    for (int32_t i = 0; i < count; ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* Moves the state of one filter on, and sums it up. */
static float filtered(const tq_svdf_f32_params *p, const float *input, float *state, int32_t filter)
{
    memmove(state, state + 1, (size_t)(p->memory - 1) * sizeof *state);
    state[p->memory - 1] = dot(p->feature_weights + filter * p->inputs, input, p->inputs);
    return dot(p->time_weights + filter * p->memory, state, p->memory);
}

void tq_svdf_f32(const tq_svdf_f32_params *p, const float *input, float *state, float *output)
{
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t unit = 0; unit < p->units; ++unit) {
            float sum = p->bias[unit];

            for (int32_t i = 0; i < p->rank; ++i) {
                sum += filtered(p, input, state, unit * p->rank + i);
                state += p->memory;
            }
            sum = sum < p->min ? p->min : sum;
            *output++ = sum > p->max ? p->max : sum;
        }
        input += p->inputs;
    }
}
