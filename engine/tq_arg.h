/* ARG_MAX and ARG_MIN along one axis; the first of equals counts. */
#ifndef TQ_ARG_H
#define TQ_ARG_H

#include <stdint.h>

/* input [outer][axis][inner], output [outer][inner] */
typedef struct {
    int32_t outer;
    int32_t axis;
    int32_t inner;
} tq_arg_params;

void tq_arg_max_s8(const tq_arg_params *p, const int8_t *input, int32_t *output);
void tq_arg_max_f32(const tq_arg_params *p, const float *input, int32_t *output);
void tq_arg_min_s8(const tq_arg_params *p, const int8_t *input, int32_t *output);
void tq_arg_min_f32(const tq_arg_params *p, const float *input, int32_t *output);

#endif
