/* ADD of two int8 tensors of the same shape for the vector extension. */
#ifndef TQ_ADD_S8_MVE_H
#define TQ_ADD_S8_MVE_H

#include <stdint.h>

/* The first operand is the one with the larger scale: it is scaled by 1/2. The second one is scaled by
 * multiplier * 2^(shift - 31) after it was shifted left. All shifts are to the right by at least 1.
 */
typedef struct {
    int32_t count;
    int32_t zero_points[2];
    int32_t second_left_shift; /* 20, or 21 with a factor that is half as large */
    int32_t second_multiplier;
    int32_t second_shift;
    int32_t multiplier; /* of the sum */
    int32_t shift;
    int32_t output_zero_point;
    int32_t output_min; /* fused activation */
    int32_t output_max;
} tq_add_s8_mve_params;

void tq_add_s8_mve(const tq_add_s8_mve_params *p, const int8_t *first, const int8_t *second, int8_t *output);

/* The same with a fused ReLU: zero point and min are -128, max is 127. */
void tq_add_s8_mve_relu(const tq_add_s8_mve_params *p, const int8_t *first, const int8_t *second, int8_t *output);

#endif
