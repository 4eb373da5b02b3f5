/* TIMER0 of the nRF51 series in 32-bit mode at 16 MHz (Nordic, nRF51 Series Reference Manual, chapter TIMER). Compare
 * register 1 tells whether the counter reached its end. Where the timer is missing, as in some emulators, the cycle
 * counter of the DWT takes its place (Armv7-M Architecture Reference Manual, C1.8). */
#include <stdbool.h>

#include "board.h"
#include "counter.h"

#define REGISTER(offset) (*(volatile uint32_t *)(BOARD_COUNTER_BASE + (offset)))
#define START REGISTER(0x000u)
#define STOP REGISTER(0x004u)
#define CLEAR REGISTER(0x00cu)
#define CAPTURE_0 REGISTER(0x040u)
#define COMPARED_1 REGISTER(0x144u)
#define MODE REGISTER(0x504u)
#define BIT_MODE REGISTER(0x508u)
#define PRESCALER REGISTER(0x510u)
#define COMPARE_0 REGISTER(0x540u)
#define COMPARE_1 REGISTER(0x544u)

#define DWT_CONTROL (*(volatile uint32_t *)0xe0001000u)
#define DWT_CYCLES (*(volatile uint32_t *)0xe0001004u)

enum { WIDE = 3, DWT_ENABLE = 1 };

static bool has_timer(void) { return BIT_MODE == WIDE; }

int counter_init(void) {
    STOP = 1;
    MODE = 0;
    BIT_MODE = WIDE;
    PRESCALER = 0;
    COMPARE_1 = UINT32_MAX;
    if (!has_timer()) {
        DWT_CONTROL |= DWT_ENABLE;
    }
    return 1;
}

void counter_start(void) {
    if (!has_timer()) {
        (void)DWT_CYCLES; /* Renode brings its time up to date at a read alone */
        DWT_CYCLES = 0;
        return;
    }
    STOP = 1;
    COMPARED_1 = 0;
    CLEAR = 1;
    START = 1;
}

uint64_t counter_ticks(void) {
    if (!has_timer()) {
        return DWT_CYCLES;
    }
    CAPTURE_0 = 1;
    return COMPARED_1 != 0 ? COUNTER_OVERFLOW : COMPARE_0;
}
