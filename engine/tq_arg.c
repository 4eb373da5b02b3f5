#include "tq_arg.h"

/* The index of the element b that is `better` than all elements a before it. */
#define ARG(type, p, input, output, better)                                             \
    do {                                                                                \
        for (int32_t outer = 0; outer < (p)->outer; ++outer) {                          \
            for (int32_t inner = 0; inner < (p)->inner; ++inner) {                      \
                const type *from = (input) + outer * (p)->axis * (p)->inner + inner;    \
                type a = *from;                                                         \
                int32_t found = 0;                                                      \
                                                                                        \
                for (int32_t i = 1; i < (p)->axis; ++i) {                               \
                    const type b = from[i * (p)->inner];                                \
                                                                                        \
                    if (better) {                                                       \
                        a = b;                                                          \
                        found = i;                                                      \
                    }                                                                   \
                }                                                                       \
                *(output)++ = found;                                                    \
            }                                                                           \
        }                                                                               \
    } while (0)

void tq_arg_max_s8(const tq_arg_params *p, const int8_t *input, int32_t *output)
{
    ARG(int8_t, p, input, output, b > a);
}

void tq_arg_max_f32(const tq_arg_params *p, const float *input, int32_t *output)
{
    ARG(float, p, input, output, b > a);
}

void tq_arg_min_s8(const tq_arg_params *p, const int8_t *input, int32_t *output)
{
    ARG(int8_t, p, input, output, b < a);
}

void tq_arg_min_f32(const tq_arg_params *p, const float *input, int32_t *output)
{
    ARG(float, p, input, output, b < a);
}
