/* ADD of int8 tensors of one shape, for cores with the DSP extension. */
#ifndef TQ_ADD_S8_DSP_H
#define TQ_ADD_S8_DSP_H

#include <stdint.h>

#include "tq_add.h"

/* The operand with the larger scale is used as (code - zero point) << 19, which is exact; the scaled codes of the other
 * one are looked up.
 */
typedef struct {
    int32_t count;
    int32_t direct_zero_point;
    tq_add_operand looked_up;
    int32_t multiplier; /* of the sum */
    int32_t right;      /* bits to the right, 1 to 22 */
    int32_t output_zero_point;
} tq_add_s8_dsp_params;

enum { TQ_ADD_S8_DSP_SCRATCH_BYTES = 1024 };

/* `scratch` is aligned to four bytes. */
void tq_add_s8_dsp(const tq_add_s8_dsp_params *p, const int8_t *direct, const int8_t *looked_up, int8_t *output,
                   void *scratch);

/* For outputs whose zero point and lowest code are -128. */
void tq_add_nonnegative_s8_dsp(const tq_add_s8_dsp_params *p, const int8_t *direct, const int8_t *looked_up,
                               int8_t *output, void *scratch);

#endif
