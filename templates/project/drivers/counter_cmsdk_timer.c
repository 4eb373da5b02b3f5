/* Timer of the Cortex-M System Design Kit (Arm DDI 0479): 32 bits, counts down. Its interrupt stays masked in the NVIC;
 * the flag tells whether the counter ran through zero. Where the timer is missing, as in some emulators, the cycle counter
 * of the DWT takes its place (Armv7-M Architecture Reference Manual, C1.8). */
#include <stdbool.h>

#include "board.h"
#include "counter.h"

#define TIMER ((struct cmsdk_timer *)BOARD_COUNTER_BASE)

struct cmsdk_timer {
    volatile uint32_t control;
    volatile uint32_t value;
    volatile uint32_t reload;
    volatile uint32_t interrupt;
};

enum { CONTROL_ENABLE = 1, CONTROL_INTERRUPT = 8 };

#define DEBUG_CONTROL (*(volatile uint32_t *)0xe000edfcu)
#define DWT_CONTROL (*(volatile uint32_t *)0xe0001000u)
#define DWT_CYCLES (*(volatile uint32_t *)0xe0001004u)

enum { DEBUG_TRACE = 1 << 24, DWT_ENABLE = 1 };

static bool has_timer;

int counter_init(void) {
    TIMER->control = 0;
    TIMER->reload = UINT32_MAX;
    has_timer = TIMER->reload != 0;
    if (!has_timer) {
        DEBUG_CONTROL |= DEBUG_TRACE;
        DWT_CONTROL |= DWT_ENABLE;
    }
    return 1;
}

void counter_start(void) {
    if (!has_timer) {
        (void)DWT_CYCLES; /* Renode brings its time up to date at a read alone */
        DWT_CYCLES = 0;
        return;
    }
    TIMER->control = 0;
    TIMER->value = UINT32_MAX;
    TIMER->interrupt = 1;
    TIMER->control = CONTROL_ENABLE | CONTROL_INTERRUPT;
}

uint64_t counter_ticks(void) {
    if (!has_timer) {
        return DWT_CYCLES;
    }
    const uint32_t value = TIMER->value;
    return (TIMER->interrupt & 1u) != 0 ? COUNTER_OVERFLOW : UINT32_MAX - value;
}
