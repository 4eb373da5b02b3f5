/* The serial port: blocking, one byte at a time. One driver file implements it. */
#ifndef UART_H
#define UART_H

#include <stdint.h>

void uart_init(void);
void uart_write(uint8_t byte);
uint8_t uart_read(void);

#endif
