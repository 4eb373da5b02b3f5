#include "tq_logistic_s16.h"

#include "tq_squash_s16.h"

void tq_logistic_s16(const tq_logistic_s16_params *p, const int16_t *input, int16_t *output)
{
    const int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;

    for (int32_t i = 0; i < p->count; ++i) {
        output[i] = tq_logistic_of(p->table, (input[i] * p->multiplier + half) >> p->shift);
    }
}
