/* A fault is reported over the serial port, again whenever the other side sends a delimiter, and nothing else happens. */
#include "fault.h"

#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "frame.h"
#include "messages.h"
#include "stack.h"
#include "uart.h"

#define SYSTEM_CONTROL(offset) (*(volatile uint32_t *)(0xe000ed00u + (offset)))

enum { FRAME_WORDS = 8, FAULT_STACK_BYTES = 512 };

__attribute__((used, noreturn)) static void report(const uint32_t *frame, uint32_t exc_return) {
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    const bool stacked = frame >= stack_limit && frame + FRAME_WORDS <= stack_top;
    for (;;) {
        frame_begin(MESSAGE_FAULT, FRAME_UNSOLICITED);
        frame_put_u32(exception);
        frame_put_u32(exc_return);
        frame_put_u32((uint32_t)(uintptr_t)frame);
        frame_put_u32((uint32_t)(uintptr_t)stack_limit);
        frame_put_u32(stacked ? FRAME_WORDS : 0);
        for (unsigned i = 0; i < FRAME_WORDS; i++) {
            frame_put_u32(stacked ? frame[i] : 0); /* r0-r3, r12, lr, pc, xpsr */
        }
#if BOARD_CORE_FAULT_STATUS
        frame_put_u32(SYSTEM_CONTROL(0x28)); /* CFSR */
        frame_put_u32(SYSTEM_CONTROL(0x2c)); /* HFSR */
        frame_put_u32(SYSTEM_CONTROL(0x34)); /* MMFAR */
        frame_put_u32(SYSTEM_CONTROL(0x38)); /* BFAR */
#endif
        frame_end();
        while (uart_read() != 0) {
        }
    }
}

/* With the stack overflown there is none to report on: then start it afresh, what was on it is lost anyway. */
__attribute__((naked)) void fault_handler(void) {
    __asm__ volatile(
        ".syntax unified\n"
        "mrs r0, msp\n"
        "mov r1, lr\n"
        "ldr r2, =stack_limit\n"
        "movs r3, %0\n"
        "lsls r3, r3, #8\n"
        "adds r2, r2, r3\n"
        "cmp r0, r2\n"
        "bhs 1f\n"
        "ldr r2, =stack_top\n"
        "mov sp, r2\n"
        "1: ldr r2, =%c1\n"
        "bx r2\n"
        ".ltorg\n" ::"i"(FAULT_STACK_BYTES >> 8),
        "i"(report));
}
