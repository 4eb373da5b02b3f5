/* Answers each frame from standard input: a sound one with itself (type, sequence, payload as the sink saw it), a damaged
 * one with type 255. */
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "uart.h"

static uint8_t payload[1 << 16];

void uart_init(void) {}

void uart_write(uint8_t byte) { (void)putchar(byte); }

uint8_t uart_read(void) {
    const int c = getchar();
    if (c == EOF) {
        exit(0);
    }
    return (uint8_t)c;
}

static void sink(const struct frame *frame, uint32_t position, uint8_t byte) {
    (void)frame;
    if (position < sizeof(payload)) {
        payload[position] = byte;
    }
}

int main(void) {
    for (;;) {
        struct frame frame;
        if (frame_receive(&frame, sink)) {
            frame_begin(frame.type, frame.sequence);
            frame_put(payload, frame.bytes);
        } else {
            frame_begin(255, 0);
        }
        frame_end();
    }
}
