/* How the sums of output channels become int8. */
#ifndef TQ_OUTPUT_S8_H
#define TQ_OUTPUT_S8_H

#include <stdint.h>

typedef struct {
    const int32_t *bias;       /* [channels] */
    const int32_t *multiplier; /* [channels], or [1] if multiplier_step is 0 */
    const int8_t *shift;       /* as multiplier */
    int32_t multiplier_step;   /* 1: a multiplier for each channel, 0: one for all */
    int32_t zero_point;
    int32_t min; /* fused activation */
    int32_t max;
} tq_output_s8;

/* The code of a channel's sum. */
int8_t tq_sum_to_s8(const tq_output_s8 *p, int32_t sum, int32_t channel);

#endif
