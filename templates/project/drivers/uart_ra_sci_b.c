/* SCI_B of the Renesas RA8 series (RA8M1 User's Manual, R01UH0994, chapter Serial Communications Interface). Its module
 * stop bit and pins are the board's setup. */
#include "board.h"
#include "uart.h"

#define SCI ((struct ra_sci_b *)BOARD_UART_BASE)

struct ra_sci_b {
    volatile uint32_t receive_data;
    volatile uint32_t transmit_data;
    volatile uint32_t control_0;
    volatile uint32_t control_1;
    volatile uint32_t control_2;
    volatile uint32_t control_3;
    volatile uint32_t control_4;
    volatile uint32_t unused[11];
    volatile uint32_t status;
    volatile uint32_t unused_too[7];
    volatile uint32_t flag_clear;
};

#define CONTROL_RX (1u << 0)
#define CONTROL_TX (1u << 4)
#define BIT_RATE_FIELD (0xffu << 8)
#define STATUS_OVERRUN (1u << 24)
#define STATUS_TX_EMPTY (1u << 29)
#define STATUS_RX_FULL (1u << 31)

/* 32 clocks for a bit, undivided */
#define BIT_RATE ((BOARD_UART_CLOCK_HZ + 16u * BOARD_UART_BAUD) / (32u * BOARD_UART_BAUD) - 1u)

void uart_init(void) {
    SCI->control_0 = 0;
    SCI->control_2 = (SCI->control_2 & ~BIT_RATE_FIELD) | BIT_RATE << 8;
    SCI->control_0 = CONTROL_RX | CONTROL_TX;
}

void uart_write(uint8_t byte) {
    while ((SCI->status & STATUS_TX_EMPTY) == 0) {
    }
    SCI->transmit_data = byte;
}

uint8_t uart_read(void) {
    uint32_t status;
    while (((status = SCI->status) & STATUS_RX_FULL) == 0) {
        if ((status & STATUS_OVERRUN) != 0) {
            SCI->flag_clear = STATUS_OVERRUN;
        }
    }
    const uint8_t byte = (uint8_t)SCI->receive_data;
    SCI->flag_clear = STATUS_RX_FULL;
    return byte;
}
