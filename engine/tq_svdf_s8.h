/* SVDF of int8: a dense layer of low rank over the last inputs, of which it keeps one number per filter each. */
#ifndef TQ_SVDF_S8_H
#define TQ_SVDF_S8_H

#include <stdint.h>

/* In the form of tq_scale. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} tq_svdf_factor;

typedef struct {
    int32_t batches;
    int32_t inputs;
    int32_t units;
    int32_t rank;   /* filters of each unit */
    int32_t memory; /* steps that are kept */
    int32_t input_zero_point;
    int32_t state_zero_point;
    int32_t output_zero_point;
    const int8_t *feature_weights; /* [units * rank][inputs] */
    const void *time_weights;      /* [units * rank][memory], of the state's type */
    const int32_t *bias;           /* [units] */
    tq_svdf_factor feature;        /* to codes of the state */
    tq_svdf_factor output;
} tq_svdf_s8_params;

/* State is [batches][units * rank][memory], the newest step last; it is moved on by one step. */
void tq_svdf_s8(const tq_svdf_s8_params *p, const int8_t *input, int8_t *state, int8_t *output);
void tq_svdf_s8_s16(const tq_svdf_s8_params *p, const int8_t *input, int16_t *state, int8_t *output);

#endif
