/* LOG_SOFTMAX of int8 along the last dimension; outputs have a scale of 1/16 and a zero point of 127. */
#ifndef TQ_LOG_SOFTMAX_S8_H
#define TQ_LOG_SOFTMAX_S8_H

#include <stdint.h>

/* Tables are by how much smaller a code is than the largest one of its row. */
typedef struct {
    int32_t rows;
    int32_t depth;
    const int32_t *difference;  /* [differences], as a number with 26 fractional bits, <= 0 */
    const int32_t *exponential; /* [differences], exp(difference) with 19 fractional bits */
    int32_t differences;
    int32_t multiplier; /* from 26 fractional bits back to codes, in the form of tq_scale */
    int32_t shift;
} tq_log_softmax_s8_params;

void tq_log_softmax_s8(const tq_log_softmax_s8_params *p, const int8_t *input, int8_t *output);

#endif
