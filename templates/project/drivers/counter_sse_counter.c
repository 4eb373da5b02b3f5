/* System counter of Arm's SSE subsystems (Arm 101370): 64 bits, counts up. The control frame is used. Where the counter is
 * missing, as in some emulators, the cycle counter of the DWT takes its place (Armv8-M Architecture Reference Manual,
 * D1.2). */
#include <stdbool.h>

#include "board.h"
#include "counter.h"

#define COUNTER ((struct sse_counter *)BOARD_COUNTER_BASE)

struct sse_counter {
    volatile uint32_t control;
    volatile uint32_t status;
    volatile uint32_t low;
    volatile uint32_t high;
};

#define DEBUG_CONTROL (*(volatile uint32_t *)0xe000edfcu)
#define DWT_CONTROL (*(volatile uint32_t *)0xe0001000u)
#define DWT_CYCLES (*(volatile uint32_t *)0xe0001004u)

enum { CONTROL_ENABLE = 1, DEBUG_TRACE = 1 << 24, DWT_ENABLE = 1 };

static bool is_running(void) { return (COUNTER->control & CONTROL_ENABLE) != 0; }

int counter_init(void) {
    COUNTER->control = CONTROL_ENABLE;
    if (!is_running()) {
        DEBUG_CONTROL |= DEBUG_TRACE;
        DWT_CONTROL |= DWT_ENABLE;
    }
    return 1;
}

void counter_start(void) {
    COUNTER->control = 0;
    COUNTER->low = 0;
    COUNTER->high = 0;
    COUNTER->control = CONTROL_ENABLE;
    if (!is_running()) {
        (void)DWT_CYCLES; /* Renode brings its time up to date at a read alone */
        DWT_CYCLES = 0;
    }
}

uint64_t counter_ticks(void) {
    if (!is_running()) {
        return DWT_CYCLES;
    }
    uint32_t high = COUNTER->high;
    uint32_t low = COUNTER->low;
    const uint32_t again = COUNTER->high;
    if (again != high) {
        high = again;
        low = COUNTER->low;
    }
    return (uint64_t)high << 32 | low;
}
