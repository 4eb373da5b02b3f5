/* TIMER0 of the nRF51 series in 32-bit mode at 16 MHz (Nordic, nRF51 Series Reference Manual, chapter TIMER). Compare
 * register 1 tells whether the counter reached its end. */
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

int counter_init(void) {
    STOP = 1;
    MODE = 0;
    BIT_MODE = 3;
    PRESCALER = 0;
    COMPARE_1 = UINT32_MAX;
    return 1;
}

void counter_start(void) {
    STOP = 1;
    COMPARED_1 = 0;
    CLEAR = 1;
    START = 1;
}

uint64_t counter_ticks(void) {
    CAPTURE_0 = 1;
    return COMPARED_1 != 0 ? COUNTER_OVERFLOW : COMPARE_0;
}
