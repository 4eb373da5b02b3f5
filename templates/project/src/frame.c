/* COBS: S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7 (1999).
 * CRC-32: IEEE 802.3, reflected. */
#include "frame.h"

#include "uart.h"

enum { BLOCK = 254, CRC_BYTES = 4 };

static uint8_t block[BLOCK];
static uint8_t block_used;
static uint32_t sent_crc;

static uint32_t crc32_byte(uint32_t crc, uint8_t byte) {
    static const uint32_t table[16] = {
        0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
        0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu, 0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
    };
    crc ^= byte;
    crc = (crc >> 4) ^ table[crc & 15u];
    return (crc >> 4) ^ table[crc & 15u];
}

uint32_t crc32(uint32_t crc, const void *data, size_t bytes) {
    const uint8_t *p = data;
    crc = ~crc;
    while (bytes-- > 0) {
        crc = crc32_byte(crc, *p++);
    }
    return ~crc;
}

uint32_t frame_argument(const struct frame *frame, size_t index) {
    const uint8_t *p = &frame->arguments[4 * index];
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* One decoded byte of a frame, CRC excluded. */
static void deliver(struct frame *frame, frame_sink sink, uint32_t index, uint8_t byte) {
    if (index < FRAME_HEADER) {
        switch (index) {
            case 1:
                frame->type = byte;
                break;
            case 2:
                frame->sequence = byte;
                break;
            case 3:
                frame->sequence = (uint16_t)(frame->sequence | byte << 8);
                break;
            default:
                break;
        }
        return;
    }
    const uint32_t position = index - FRAME_HEADER;
    if (position < FRAME_ARGUMENTS) {
        frame->arguments[position] = byte;
    }
    sink(frame, position, byte);
    frame->bytes = position + 1;
}

bool frame_receive(struct frame *frame, frame_sink sink) {
    uint8_t code = 0xff;    /* length byte of the current COBS block */
    uint8_t left = 0;       /* data bytes that the block still holds */
    uint32_t tail = 0;      /* the last four decoded bytes: at the end, the CRC */
    uint32_t count = 0;     /* decoded bytes */
    uint32_t crc = 0;
    uint8_t version = 0;
    bool sound = true;

    frame->type = 0;
    frame->sequence = 0;
    frame->bytes = 0;
    for (size_t i = 0; i < FRAME_ARGUMENTS; i++) {
        frame->arguments[i] = 0;
    }
    for (;;) {
        const uint8_t byte = uart_read();
        uint8_t value = byte;
        if (byte == 0) {
            if (count == 0 && left == 0 && code == 0xff) {
                continue; /* nothing since the last delimiter */
            }
            return sound && left == 0 && count >= FRAME_HEADER + CRC_BYTES && version == FRAME_VERSION && tail == crc;
        }
        if (left == 0) {
            const bool zero = code != 0xff;
            code = byte;
            left = (uint8_t)(byte - 1);
            if (!zero) {
                continue;
            }
            value = 0;
        } else {
            left--;
        }
        if (count >= CRC_BYTES) {
            const uint8_t oldest = (uint8_t)tail;
            crc = crc32(crc, &oldest, 1);
            if (count == CRC_BYTES) {
                version = oldest;
                sound = version == FRAME_VERSION;
            }
            if (sound) {
                deliver(frame, sink, count - CRC_BYTES, oldest);
            }
        }
        tail = tail >> 8 | (uint32_t)value << 24;
        count++;
    }
}

static void flush_block(uint8_t code) {
    uart_write(code);
    for (uint8_t i = 0; i < block_used; i++) {
        uart_write(block[i]);
    }
    block_used = 0;
}

static void put_raw(uint8_t byte) {
    if (byte == 0) {
        flush_block((uint8_t)(block_used + 1));
        return;
    }
    block[block_used++] = byte;
    if (block_used == BLOCK) {
        flush_block(0xff);
    }
}

void frame_begin(uint8_t type, uint16_t sequence) {
    block_used = 0;
    sent_crc = 0;
    uart_write(0); /* closes whatever was cut off before */
    frame_put_u8(FRAME_VERSION);
    frame_put_u8(type);
    frame_put_u16(sequence);
}

void frame_put(const void *data, size_t bytes) {
    const uint8_t *p = data;
    sent_crc = crc32(sent_crc, data, bytes);
    while (bytes-- > 0) {
        put_raw(*p++);
    }
}

void frame_put_u8(uint8_t value) { frame_put(&value, 1); }

void frame_put_u16(uint16_t value) {
    frame_put_u8((uint8_t)value);
    frame_put_u8((uint8_t)(value >> 8));
}

void frame_put_u32(uint32_t value) {
    frame_put_u16((uint16_t)value);
    frame_put_u16((uint16_t)(value >> 16));
}

void frame_put_u64(uint64_t value) {
    frame_put_u32((uint32_t)value);
    frame_put_u32((uint32_t)(value >> 32));
}

void frame_end(void) {
    frame_put_u32(sent_crc);
    flush_block((uint8_t)(block_used + 1));
    uart_write(0);
}
