/* Nested loops whose number is known only to the generated code, for ops on tensors of any rank. */
#ifndef TQ_NEST_H
#define TQ_NEST_H

#include <stdbool.h>
#include <stdint.h>

enum { TQ_NEST_MAX_LOOPS = 8 };

/* Loops from the outermost to the innermost: how often each runs, and how far a step moves each of two offsets. */
typedef struct {
    int32_t loops;
    int32_t sizes[TQ_NEST_MAX_LOOPS];
    int32_t strides[2][TQ_NEST_MAX_LOOPS];
} tq_nest;

/* The state of a running nest; start with all zeros. */
typedef struct {
    int32_t index[TQ_NEST_MAX_LOOPS];
    int32_t offset[2];
} tq_nest_state;

/* Takes the next step; false once all loops have ended. */
static inline bool tq_nest_next(const tq_nest *nest, tq_nest_state *state)
{
    for (int32_t i = nest->loops - 1; i >= 0; --i) {
        state->offset[0] += nest->strides[0][i];
        state->offset[1] += nest->strides[1][i];
        if (++state->index[i] < nest->sizes[i]) {
            return true;
        }
        state->offset[0] -= nest->sizes[i] * nest->strides[0][i];
        state->offset[1] -= nest->sizes[i] * nest->strides[1][i];
        state->index[i] = 0;
    }
    return false;
}

#endif
