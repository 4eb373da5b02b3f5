#include "tq_unpack.h"

#include "tq_int4.h"
#include "tq_narrow.h"

void tq_unpack_2_bits(const uint8_t *packed, int32_t count, int8_t *codes)
{
    for (; count >= 4; count -= 4) {
        const uint32_t word = *packed++;

        codes[0] = (int8_t)tq_narrow_in(word, 0, 2);
        codes[1] = (int8_t)tq_narrow_in(word, 1, 2);
        codes[2] = (int8_t)tq_narrow_in(word, 2, 2);
        codes[3] = (int8_t)tq_narrow_in(word, 3, 2);
        codes += 4;
    }
    for (int32_t i = 0; i < count; ++i) {
        codes[i] = (int8_t)tq_narrow_at(packed, i, 2);
    }
}

void tq_unpack_3_bits(const uint8_t *packed, int32_t count, int8_t *codes)
{
    for (; count >= 8; count -= 8) {
        const uint32_t word = tq_narrow_eight(packed, 3);

        codes[0] = (int8_t)tq_narrow_in(word, 0, 3);
        codes[1] = (int8_t)tq_narrow_in(word, 1, 3);
        codes[2] = (int8_t)tq_narrow_in(word, 2, 3);
        codes[3] = (int8_t)tq_narrow_in(word, 3, 3);
        codes[4] = (int8_t)tq_narrow_in(word, 4, 3);
        codes[5] = (int8_t)tq_narrow_in(word, 5, 3);
        codes[6] = (int8_t)tq_narrow_in(word, 6, 3);
        codes[7] = (int8_t)tq_narrow_in(word, 7, 3);
        packed += 3;
        codes += 8;
    }
    for (int32_t i = 0; i < count; ++i) {
        codes[i] = (int8_t)tq_narrow_at(packed, i, 3);
    }
}

void tq_unpack_4_bits(const uint8_t *packed, int32_t count, int8_t *codes)
{
    for (; count >= 2; count -= 2) {
        const uint8_t pair = *packed++;

        codes[0] = (int8_t)tq_int4_low(pair);
        codes[1] = (int8_t)tq_int4_high(pair);
        codes += 2;
    }
    if (count > 0) {
        codes[0] = (int8_t)tq_int4_low(*packed);
    }
}
