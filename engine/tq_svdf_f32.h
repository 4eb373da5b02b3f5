/* SVDF of float32: a dense layer of low rank over the last inputs, of which it keeps one number per filter each. */
#ifndef TQ_SVDF_F32_H
#define TQ_SVDF_F32_H

#include <stdint.h>

typedef struct {
    int32_t batches;
    int32_t inputs;
    int32_t units;
    int32_t rank;                 /* filters of each unit */
    int32_t memory;               /* steps that are kept */
    const float *feature_weights; /* [units * rank][inputs] */
    const float *time_weights;    /* [units * rank][memory] */
    const float *bias;            /* [units] */
    float min;
    float max;
} tq_svdf_f32_params;

/* State is [batches][units * rank][memory], the newest step last; it is moved on by one step. */
void tq_svdf_f32(const tq_svdf_f32_params *p, const float *input, float *state, float *output);

#endif
