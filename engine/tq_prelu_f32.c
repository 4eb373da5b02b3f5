#include "tq_prelu_f32.h"

void tq_prelu_f32(const tq_broadcast *how, const float *input, const float *slopes, float *output)
{
    TQ_BROADCAST(how, float, input, slopes, float, output, a >= 0.0f ? a : a * b);
}
