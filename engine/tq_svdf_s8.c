#include "tq_svdf_s8.h"

#include <stddef.h>
#include <string.h>

#include "tq_fixed_point.h"

/* What the newest input adds to the state of one filter, not yet saturated. */
static int32_t feature_of(const tq_svdf_s8_params *p, const int8_t *input, int32_t filter)
{
    const int8_t *weights = p->feature_weights + filter * p->inputs;
    int32_t sum = 0;

    for (int32_t i = 0; i < p->inputs; ++i) {
        sum += weights[i] * (input[i] - p->input_zero_point);
    }
    return tq_scale(sum, p->feature.multiplier, p->feature.shift);
}

static int8_t output_of(const tq_svdf_s8_params *p, int32_t sum)
{
    const int32_t value = tq_add(tq_scale(sum, p->output.multiplier, p->output.shift), p->output_zero_point);

    return (int8_t)tq_clamp(value, INT8_MIN, INT8_MAX);
}

/* Moves the state of one filter on, and sums it up. */
static int32_t filter_s8(const tq_svdf_s8_params *p, const int8_t *input, int8_t *state, int32_t filter)
{
    const int8_t *weights = (const int8_t *)p->time_weights + filter * p->memory;
    const int32_t newest = tq_clamp(feature_of(p, input, filter), INT8_MIN, INT8_MAX) + p->state_zero_point;
    int32_t sum = 0;

    memmove(state, state + 1, (size_t)(p->memory - 1) * sizeof *state);
    state[p->memory - 1] = (int8_t)newest;
    for (int32_t i = 0; i < p->memory; ++i) {
        sum = tq_add(sum, weights[i] * (state[i] - p->state_zero_point));
    }
    return sum;
}

void tq_svdf_s8(const tq_svdf_s8_params *p, const int8_t *input, int8_t *state, int8_t *output)
{
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t unit = 0; unit < p->units; ++unit) {
            int32_t sum = p->bias[unit];

            for (int32_t i = 0; i < p->rank; ++i) {
                sum = tq_add(sum, filter_s8(p, input, state, unit * p->rank + i));
                state += p->memory;
            }
            *output++ = output_of(p, sum);
        }
        input += p->inputs;
    }
}

/* Moves the state of one filter on, and sums it up. */
static int32_t filter_s16(const tq_svdf_s8_params *p, const int8_t *input, int16_t *state, int32_t filter)
{
    const int16_t *weights = (const int16_t *)p->time_weights + filter * p->memory;
    const int32_t newest = tq_clamp(feature_of(p, input, filter), INT16_MIN, INT16_MAX) + p->state_zero_point;
    int32_t sum = 0;

    memmove(state, state + 1, (size_t)(p->memory - 1) * sizeof *state);
    state[p->memory - 1] = (int16_t)newest;
    for (int32_t i = 0; i < p->memory; ++i) {
        sum = tq_add(sum, weights[i] * (state[i] - p->state_zero_point));
    }
    return sum;
}

void tq_svdf_s8_s16(const tq_svdf_s8_params *p, const int8_t *input, int16_t *state, int8_t *output)
{
    for (int32_t batch = 0; batch < p->batches; ++batch) {
        for (int32_t unit = 0; unit < p->units; ++unit) {
            int32_t sum = p->bias[unit];

            for (int32_t i = 0; i < p->rank; ++i) {
                sum = tq_add(sum, filter_s16(p, input, state, unit * p->rank + i));
                state += p->memory;
            }
            *output++ = output_of(p, sum);
        }
        input += p->inputs;
    }
}
