/* UART of the nRF51 series (Nordic, nRF51 Series Reference Manual, chapter UART). */
#include "board.h"
#include "uart.h"

#define REGISTER(offset) (*(volatile uint32_t *)(BOARD_UART_BASE + (offset)))
#define START_RX REGISTER(0x000u)
#define START_TX REGISTER(0x008u)
#define RX_READY REGISTER(0x108u)
#define TX_READY REGISTER(0x11cu)
#define ENABLE REGISTER(0x500u)
#define PIN_TX REGISTER(0x50cu)
#define PIN_RX REGISTER(0x514u)
#define RX_DATA REGISTER(0x518u)
#define TX_DATA REGISTER(0x51cu)
#define BAUD_RATE REGISTER(0x524u)

/* baud rate * 2^32 / 16 MHz, of which the upper 20 bits count */
#define BAUD_VALUE ((uint32_t)((((uint64_t)BOARD_UART_BAUD << 32) / 16000000u + 0x800u) & 0xfffff000u))

void uart_init(void) {
#ifdef BOARD_UART_TX_PIN
    PIN_TX = BOARD_UART_TX_PIN;
    PIN_RX = BOARD_UART_RX_PIN;
#endif
    BAUD_RATE = BAUD_VALUE;
    ENABLE = 4;
    START_RX = 1;
    START_TX = 1;
}

void uart_write(uint8_t byte) {
    TX_READY = 0;
    TX_DATA = byte;
    while (TX_READY == 0) {
    }
}

uint8_t uart_read(void) {
    while (RX_READY == 0) {
    }
    RX_READY = 0;
    return (uint8_t)RX_DATA;
}
