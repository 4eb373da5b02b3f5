/* MAX_POOL_2D and AVERAGE_POOL_2D of int8 for the vector extension: 16 channels at a time. */
#ifndef TQ_POOL_S8_MVE_H
#define TQ_POOL_S8_MVE_H

#include "tq_pool.h"

void tq_max_pool_s8_mve(const tq_pool_params *p, const int8_t *input, int8_t *output);
void tq_average_pool_s8_mve(const tq_pool_params *p, const int8_t *input, int8_t *output);

#endif
