/* Clock cycles: the DWT's 32-bit counter, or SysTick's 24 bits on cores without (Armv7-M Architecture Reference Manual,
 * C1.8 and B3.3). Under an emulator both advance with executed instructions. */
#include <stdbool.h>

#include "board.h"
#include "counter.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define DEBUG_CONTROL REGISTER(0xe000edfcu)
#define DWT_CONTROL REGISTER(0xe0001000u)
#define DWT_CYCLES REGISTER(0xe0001004u)
#define SYSTICK_CONTROL REGISTER(0xe000e010u)
#define SYSTICK_RELOAD REGISTER(0xe000e014u)
#define SYSTICK_VALUE REGISTER(0xe000e018u)

enum {
    DEBUG_TRACE = 1 << 24,
    DWT_ENABLE = 1,
    SYSTICK_ENABLE = 1,
    SYSTICK_CORE_CLOCK = 1 << 2,
    SYSTICK_WRAPPED = 1 << 16,
    SYSTICK_LARGEST = 0xffffff,
};

static bool has_dwt;

int counter_init(void) {
    DEBUG_CONTROL |= DEBUG_TRACE;
    DWT_CYCLES = 1;
    DWT_CONTROL |= DWT_ENABLE;
    has_dwt = DWT_CYCLES != 0; /* reads as zero where there is none */
    SYSTICK_RELOAD = SYSTICK_LARGEST;
    return 1;
}

void counter_start(void) {
    if (has_dwt) {
        (void)DWT_CYCLES; /* Renode brings its time up to date at a read alone */
        DWT_CYCLES = 0;
        return;
    }
    SYSTICK_CONTROL = 0;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_ENABLE | SYSTICK_CORE_CLOCK;
}

uint64_t counter_ticks(void) {
    if (has_dwt) {
        return DWT_CYCLES;
    }
    const uint32_t value = SYSTICK_VALUE;
    return (SYSTICK_CONTROL & SYSTICK_WRAPPED) != 0 ? COUNTER_OVERFLOW : SYSTICK_LARGEST - value;
}
