/* Frames over a byte stream: COBS between zero bytes, closed by a CRC-32. messages.h says what they carry.
 *
 * A frame, decoded: version, type, sequence (two bytes), payload, CRC-32 of all before it; little-endian. */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_VERSION = 1, FRAME_ARGUMENTS = 12, FRAME_HEADER = 4 };

/* A request as received: the first bytes of its payload, and how long the payload was. */
struct frame {
    uint8_t type;
    uint16_t sequence;
    uint32_t bytes;
    uint8_t arguments[FRAME_ARGUMENTS];
};

/* Takes the payload as it comes in, byte by byte, before the CRC could be checked: `position` counts from 0.
 * Must be harmless for a frame that turns out to be damaged. */
typedef void (*frame_sink)(const struct frame *frame, uint32_t position, uint8_t byte);

/* Wait for one frame. False if what came is damaged. */
bool frame_receive(struct frame *frame, frame_sink sink);
uint32_t frame_argument(const struct frame *frame, size_t index);

void frame_begin(uint8_t type, uint16_t sequence);
void frame_put(const void *data, size_t bytes);
void frame_put_u8(uint8_t value);
void frame_put_u16(uint16_t value);
void frame_put_u32(uint32_t value);
void frame_put_u64(uint64_t value);
void frame_end(void);

uint32_t crc32(uint32_t crc, const void *data, size_t bytes);

#endif
