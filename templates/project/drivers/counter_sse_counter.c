/* System counter of Arm's SSE subsystems (Arm 101370): 64 bits, counts up. The control frame is used. */
#include "board.h"
#include "counter.h"

#define COUNTER ((struct sse_counter *)BOARD_COUNTER_BASE)

struct sse_counter {
    volatile uint32_t control;
    volatile uint32_t status;
    volatile uint32_t low;
    volatile uint32_t high;
};

enum { CONTROL_ENABLE = 1 };

int counter_init(void) { return 1; }

void counter_start(void) {
    COUNTER->control = 0;
    COUNTER->low = 0;
    COUNTER->high = 0;
    COUNTER->control = CONTROL_ENABLE;
}

uint64_t counter_ticks(void) {
    uint32_t high = COUNTER->high;
    uint32_t low = COUNTER->low;
    const uint32_t again = COUNTER->high;
    if (again != high) {
        high = again;
        low = COUNTER->low;
    }
    return (uint64_t)high << 32 | low;
}
