#include "measure.h"

#include "counter.h"

__attribute__((naked, noinline)) int calibrate_empty(void) { __asm__ volatile("bx lr"); }

__attribute__((naked, noinline)) int calibrate_short(void) {
    __asm__ volatile(
        ".syntax unified\n"
        "movs r0, #1\n"
        "lsls r0, r0, #16\n"
        "1: subs r0, r0, #1\n"
        "bne 1b\n"
        "bx lr\n");
}

__attribute__((naked, noinline)) int calibrate_long(void) {
    __asm__ volatile(
        ".syntax unified\n"
        "movs r0, #3\n"
        "lsls r0, r0, #16\n"
        "1: subs r0, r0, #1\n"
        "bne 1b\n"
        "bx lr\n");
}

__attribute__((noinline)) int measure(int (*run)(void), uint64_t *ticks) {
    counter_start();
    const int result = run();
    *ticks = counter_ticks();
    return result;
}
