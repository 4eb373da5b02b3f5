#include "tq_logical.h"

void tq_logical_and(const tq_broadcast *how, const bool *input_0, const bool *input_1, bool *output)
{
    TQ_BROADCAST(how, bool, input_0, input_1, bool, output, a && b);
}

void tq_logical_or(const tq_broadcast *how, const bool *input_0, const bool *input_1, bool *output)
{
    TQ_BROADCAST(how, bool, input_0, input_1, bool, output, a || b);
}

void tq_logical_not(int32_t count, const bool *input, bool *output)
{
    for (int32_t i = 0; i < count; ++i) {
        output[i] = !input[i];
    }
}
