/* MAX_POOL_2D and AVERAGE_POOL_2D of int16. */
#ifndef TQ_POOL_S16_H
#define TQ_POOL_S16_H

#include "tq_pool.h"

void tq_max_pool_s16(const tq_pool_params *p, const int16_t *input, int16_t *output);
void tq_average_pool_s16(const tq_pool_params *p, const int16_t *input, int16_t *output);

#endif
