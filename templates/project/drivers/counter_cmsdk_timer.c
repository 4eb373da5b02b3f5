/* Timer of the Cortex-M System Design Kit (Arm DDI 0479): 32 bits, counts down. Its interrupt stays masked in the NVIC;
 * the flag tells whether the counter ran through zero. */
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

int counter_init(void) {
    TIMER->control = 0;
    TIMER->reload = UINT32_MAX;
    return 1;
}

void counter_start(void) {
    TIMER->control = 0;
    TIMER->value = UINT32_MAX;
    TIMER->interrupt = 1;
    TIMER->control = CONTROL_ENABLE | CONTROL_INTERRUPT;
}

uint64_t counter_ticks(void) {
    const uint32_t value = TIMER->value;
    return (TIMER->interrupt & 1u) != 0 ? COUNTER_OVERFLOW : UINT32_MAX - value;
}
