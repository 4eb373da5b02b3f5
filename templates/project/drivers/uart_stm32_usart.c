/* USART of the STM32F0, F3, F7, G0, G4, H7, L0, L4, L5, U5 and later series (ST RM0091, RM0385, RM0433, RM0367, RM0438:
 * chapter USART). Its clock and pins are the board's setup. */
#include "board.h"
#include "uart.h"

#define USART ((struct stm32_usart *)BOARD_UART_BASE)

struct stm32_usart {
    volatile uint32_t control_1;
    volatile uint32_t control_2;
    volatile uint32_t control_3;
    volatile uint32_t baud_rate;
    volatile uint32_t guard_time;
    volatile uint32_t receiver_timeout;
    volatile uint32_t request;
    volatile uint32_t status;
    volatile uint32_t flag_clear;
    volatile uint32_t receive_data;
    volatile uint32_t transmit_data;
};

enum {
    CONTROL_ENABLE = 1,
    CONTROL_RX = 1 << 2,
    CONTROL_TX = 1 << 3,
    STATUS_OVERRUN = 1 << 3,
    STATUS_RX_FULL = 1 << 5,
    STATUS_TX_EMPTY = 1 << 7,
};

void uart_init(void) {
    USART->control_1 = 0;
    USART->baud_rate = (BOARD_UART_CLOCK_HZ + BOARD_UART_BAUD / 2u) / BOARD_UART_BAUD;
    USART->control_1 = CONTROL_ENABLE | CONTROL_RX | CONTROL_TX;
}

void uart_write(uint8_t byte) {
    while ((USART->status & STATUS_TX_EMPTY) == 0) {
    }
    USART->transmit_data = byte;
}

uint8_t uart_read(void) {
    uint32_t status;
    while (((status = USART->status) & STATUS_RX_FULL) == 0) {
        if ((status & STATUS_OVERRUN) != 0) {
            USART->flag_clear = STATUS_OVERRUN;
        }
    }
    return (uint8_t)USART->receive_data;
}
