/* USART of the STM32F1, F2, F4 and L1 series (ST RM0090, chapter 30). Its clock and pins are the board's setup. */
#include "board.h"
#include "uart.h"

#define USART ((struct stm32f4_usart *)BOARD_UART_BASE)

struct stm32f4_usart {
    volatile uint32_t status;
    volatile uint32_t data;
    volatile uint32_t baud_rate;
    volatile uint32_t control_1;
};

enum {
    CONTROL_RX = 1 << 2,
    CONTROL_TX = 1 << 3,
    CONTROL_ENABLE = 1 << 13,
    STATUS_RX_FULL = 1 << 5,
    STATUS_TX_EMPTY = 1 << 7,
};

void uart_init(void) {
    USART->baud_rate = (BOARD_UART_CLOCK_HZ + BOARD_UART_BAUD / 2u) / BOARD_UART_BAUD;
    USART->control_1 = CONTROL_ENABLE | CONTROL_RX | CONTROL_TX;
}

void uart_write(uint8_t byte) {
    while ((USART->status & STATUS_TX_EMPTY) == 0) {
    }
    USART->data = byte;
}

/* Reading the data after the status also clears an overrun. */
uint8_t uart_read(void) {
    while ((USART->status & STATUS_RX_FULL) == 0) {
    }
    return (uint8_t)USART->data;
}
