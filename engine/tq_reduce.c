#include "tq_reduce.h"

/* Makes each element of the output: `result` of the value so far, a, and a further element, b. */
#define REDUCE(type, p, input, output, result)                        \
    do {                                                              \
        tq_nest_state kept = {0};                                     \
                                                                      \
        do {                                                          \
            const type *from = (input) + kept.offset[0];              \
            tq_nest_state at = {0};                                   \
            type a = *from;                                           \
                                                                      \
            while (tq_nest_next(&(p)->reduced, &at)) {                \
                const type b = from[at.offset[0]];                    \
                                                                      \
                a = (result);                                         \
            }                                                         \
            *(output)++ = a;                                          \
        } while (tq_nest_next(&(p)->kept, &kept));                    \
    } while (0)

void tq_reduce_max_s8(const tq_reduce_params *p, const int8_t *input, int8_t *output)
{
    REDUCE(int8_t, p, input, output, b > a ? b : a);
}

void tq_reduce_max_f32(const tq_reduce_params *p, const float *input, float *output)
{
    REDUCE(float, p, input, output, b > a ? b : a);
}

void tq_reduce_min_s8(const tq_reduce_params *p, const int8_t *input, int8_t *output)
{
    REDUCE(int8_t, p, input, output, b < a ? b : a);
}

void tq_reduce_min_f32(const tq_reduce_params *p, const float *input, float *output)
{
    REDUCE(float, p, input, output, b < a ? b : a);
}
