/* UART of the Cortex-M System Design Kit (Arm DDI 0479). */
#include "board.h"
#include "uart.h"

#define UART ((struct cmsdk_uart *)BOARD_UART_BASE)

struct cmsdk_uart {
    volatile uint32_t data;
    volatile uint32_t state;
    volatile uint32_t control;
    volatile uint32_t interrupt;
    volatile uint32_t divider;
};

enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2, CONTROL_TX = 1, CONTROL_RX = 2 };

void uart_init(void) {
    UART->divider = BOARD_UART_CLOCK_HZ / BOARD_UART_BAUD;
    UART->control = CONTROL_TX | CONTROL_RX;
}

void uart_write(uint8_t byte) {
    while ((UART->state & STATE_TX_FULL) != 0) {
    }
    UART->data = byte;
}

uint8_t uart_read(void) {
    while ((UART->state & STATE_RX_FULL) == 0) {
    }
    return (uint8_t)UART->data;
}
