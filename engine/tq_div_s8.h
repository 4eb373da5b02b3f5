/* DIV of int8 with broadcasting. */
#ifndef TQ_DIV_S8_H
#define TQ_DIV_S8_H

#include <stdint.h>

#include "tq_broadcast.h"

typedef struct {
    tq_broadcast how;
    int32_t zero_points[2];
    int32_t multiplier;
    int32_t shift; /* at most 23 */
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_div_s8_params;

/* Dividing by 0 gives the end of the output's range that has the dividend's sign. */
void tq_div_s8(const tq_div_s8_params *p, const int8_t *input_0, const int8_t *input_1, int8_t *output);

#endif
