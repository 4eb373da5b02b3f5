#include "tq_running_sum.h"

#include "tq_fixed_point.h"

/* In units of 2^-19. */
static int32_t scaled(const tq_running_sum *p, int32_t code)
{
    return (code - p->input_zero_point) * (1 << 19);
}

static int8_t code_of(const tq_running_sum *p, int32_t sum)
{
    const int32_t code = tq_add(tq_scale(sum, p->multiplier, p->shift), p->output_zero_point);

    return (int8_t)tq_clamp(code, INT8_MIN, INT8_MAX);
}

void tq_add_n_begin(const tq_running_sum *p, int32_t count, int32_t *sums)
{
    for (int32_t i = 0; i < count; ++i) {
        sums[i] = scaled(p, 0); /* as the official interpreter begins */
    }
}

void tq_add_n_take(const tq_running_sum *p, int32_t count, const int8_t *input, int32_t *sums)
{
    for (int32_t i = 0; i < count; ++i) {
        sums[i] = tq_add(sums[i], scaled(p, input[i]));
    }
}

void tq_add_n_end(const tq_running_sum *p, int32_t count, const int32_t *sums, int8_t *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = code_of(p, sums[i]);
    }
}

void tq_add_n_f32(int32_t count, const float *input_0, const float *input_1, float *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = input_0[i] + input_1[i];
    }
}

/* Writes the sums along the axis at one place of the other dimensions. */
#define CUMSUM(p, at, type, first, input, output, sum_type, add, result)                 \
    do {                                                                                 \
        sum_type sum = (first);                                                          \
                                                                                         \
        for (int32_t i_ = 0; i_ < (p)->depth; ++i_) {                                    \
            const int32_t index_ = (at) + ((p)->reverse ? (p)->depth - 1 - i_ : i_) * (p)->outer; \
            const type x = (input)[index_];                                              \
            const sum_type after_ = (add);                                               \
                                                                                         \
            if (!(p)->exclusive) {                                                       \
                sum = after_;                                                            \
            }                                                                            \
            (output)[index_] = (result);                                                 \
            sum = after_;                                                                \
        }                                                                                \
    } while (0)

void tq_cumsum_s8(const tq_cumsum_params *p, const int8_t *input, int8_t *output)
{
    const tq_running_sum *how = &p->sum;

    for (int32_t i = 0; i < p->inner; ++i) {
        for (int32_t j = 0; j < p->outer; ++j) {
            CUMSUM(p, i * p->depth * p->outer + j, int8_t, scaled(how, 0), input, output, int32_t,
                   tq_add(sum, scaled(how, x)), code_of(how, sum));
        }
    }
}

void tq_cumsum_f32(const tq_cumsum_params *p, const float *input, float *output)
{
    for (int32_t i = 0; i < p->inner; ++i) {
        for (int32_t j = 0; j < p->outer; ++j) {
            CUMSUM(p, i * p->depth * p->outer + j, float, 0.0f, input, output, float, sum + x, sum);
        }
    }
}
