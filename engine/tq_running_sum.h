/* Sums that grow input by input, ADD_N, or along an axis, CUMSUM. */
#ifndef TQ_RUNNING_SUM_H
#define TQ_RUNNING_SUM_H

#include <stdbool.h>
#include <stdint.h>

/* Codes of int8 are summed up in units of 2^-19; the sum in the form of tq_scale. */
typedef struct {
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t multiplier;
    int32_t shift;
} tq_running_sum;

/* input and output [inner][depth][outer] */
typedef struct {
    int32_t inner;
    int32_t depth;
    int32_t outer;
    bool exclusive; /* an element does not count for itself */
    bool reverse;   /* from the last to the first */
    tq_running_sum sum;
} tq_cumsum_params;

/* ADD_N of int8: sums begin, take each input, and end as codes. */
void tq_add_n_begin(const tq_running_sum *p, int32_t count, int32_t *sums);
void tq_add_n_take(const tq_running_sum *p, int32_t count, const int8_t *input, int32_t *sums);
void tq_add_n_end(const tq_running_sum *p, int32_t count, const int32_t *sums, int8_t *output);

/* ADD_N of float32, two at a time; the output may be an input. */
void tq_add_n_f32(int32_t count, const float *input_0, const float *input_1, float *output);

void tq_cumsum_s8(const tq_cumsum_params *p, const int8_t *input, int8_t *output);
void tq_cumsum_f32(const tq_cumsum_params *p, const float *input, float *output);

#endif
