#include "tq_depthwise_tile_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>

_Static_assert(TQ_TILE_ROWS == 28, "the assembler adds 112 and 448 bytes");
_Static_assert(TQ_DEPTHWISE_SHIFT == 10, "the assembler shifts by 10");
_Static_assert(sizeof(tq_tile_pixels_args) == 28, "the assembler reads seven words");
_Static_assert(sizeof(tq_depthwise_tile_args) == 24, "the assembler reads six words");
_Static_assert(offsetof(tq_depthwise_channel_dsp, multiplier) == 24, "the assembler reads six taps, then four words");

/* r0 input, r1 pixel step, r2 tile, r3 twos of pairs left, r10 twos of pairs, r11 row skip,
 * r12 (rows - 1) * 8 + a pair is left * 4 + last is alone * 2 + odd,
 * lr what takes the tile back to the start of its row, in the next one
 */
#define ALONE(offset)                   \
    "ldrsb r4, [r0]\n"                  \
    "ldrsb r5, [r0, #1]\n"              \
    "ldrsb r6, [r0, #2]\n"              \
    "ldrsb r7, [r0, #3]\n"              \
    "add r0, r0, r1\n"                  \
    "strh r4, [r2, #" #offset "]\n"     \
    "strh r5, [r2, #112+" #offset "]\n" \
    "strh r6, [r2, #224+" #offset "]\n" \
    "strh r7, [r2, #336+" #offset "]\n"

#define PAIR(offset)                    \
    "ldr r5, [r0, r1]\n"                \
    "ldr r4, [r0]\n"                    \
    "add r0, r0, r1, lsl #1\n"          \
    "pkhbt r6, r4, r5, lsl #16\n"       \
    "pkhtb r8, r5, r4, asr #16\n"       \
    "sxtb16 r4, r6\n"                   \
    "sxtb16 r6, r6, ror #8\n"           \
    "sxtb16 r7, r8\n"                   \
    "sxtb16 r8, r8, ror #8\n"           \
    "str r4, [r2, #" #offset "]\n"      \
    "str r6, [r2, #112+" #offset "]\n"  \
    "str r7, [r2, #224+" #offset "]\n"  \
    "str r8, [r2, #336+" #offset "]\n"

__attribute__((naked)) void tq_tile_pixels_dsp(__attribute__((unused)) const tq_tile_pixels_args *args)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "ldm r0, {r4-r10}\n"
        "mov r0, r4\n"
        "mov r1, r5\n"
        "mov r2, r6\n"
        "mov r11, r10\n"
        "sub r9, r9, #1\n"
        "sub r8, r8, r7\n" /* without an odd first one */
        "and r5, r8, #3\n" /* two bits: a pair is left, last is alone */
        "orr r12, r7, r5, lsl #1\n"
        "orr r12, r12, r9, lsl #3\n"
        "lsr r10, r8, #2\n"
        "add r4, r7, r8, lsr #1\n" /* pairs that the row goes through */
        "mov r5, #448\n"
        "mul r4, r4, r5\n"
        "rsb lr, r4, #4\n"
        "1:\n"
        "lsls r4, r12, #31\n"
        "bpl 2f\n"
        ALONE(2)
        "add r2, r2, #448\n"
        "2:\n"
        "movs r3, r10\n"
        "beq 4f\n"
        "3:\n"
        PAIR(0)
        PAIR(448)
        "add r2, r2, #896\n"
        "subs r3, r3, #1\n"
        "bne 3b\n"
        "4:\n"
        "lsls r4, r12, #30\n" /* carry: a pair; sign: one alone */
        "bcc 5f\n"
        PAIR(0)
        "add r2, r2, #448\n"
        "5:\n"
        "bpl 6f\n"
        ALONE(0)
        "6:\n"
        "add r2, r2, lr\n"
        "add r0, r0, r11\n"
        "subs r12, r12, #8\n"
        "bpl 1b\n"
        "pop {r4-r11, pc}\n");
}

/* Both strides: r0 tile, r1 output, r4-r9 taps. The stack:
 *   +0 pixel step, +4 row step, +8 multiplier, +12 addend, +16 right, +20 bias, +24 bias,
 *   +28 columns left, +32 where the last two rows begin, +36 start of the column in the tile, +40 in the output,
 *   +44 first taps
 */
#define ENTER(row_shift)                \
    "push {r4-r11, lr}\n"               \
    "sub sp, sp, #52\n"                 \
    "ldm r0, {r2-r6, r12}\n"            \
    "strd r6, r12, [sp]\n"              \
    "sub r5, r5, #2\n"                  \
    "add r5, r2, r5, lsl #" #row_shift "\n" \
    "str r5, [sp, #32]\n"               \
    "str r4, [sp, #28]\n"               \
    "strd r2, r3, [sp, #36]\n"          \
    "mov r0, r2\n"                      \
    "mov lr, r3\n"                      \
    "ldm r1, {r4-r9}\n"                 \
    "ldrd r2, r3, [r1, #24]\n"          \
    "strd r2, r3, [sp, #8]\n"           \
    "ldrd r2, r3, [r1, #32]\n"          \
    "strd r2, r3, [sp, #16]\n"          \
    "str r3, [sp, #24]\n"               \
    "strd r4, r5, [sp, #44]\n"          \
    "mov r1, lr\n"

#define LEAVE              \
    "add sp, sp, #52\n"    \
    "pop {r4-r11, pc}\n"

/* Goes back to label `block` for the next two rows; where one is left, for the last two. */
#define NEXT_ROWS(block, one_row) \
    "ldr r2, [sp, #32]\n"         \
    "cmp r0, r2\n"                \
    "bls " block "\n"             \
    "sub r3, r0, r2\n"            \
    "cmp r3, #" #one_row "\n"     \
    "ittt eq\n"                   \
    "moveq r0, r2\n"              \
    "ldreq r3, [sp, #4]\n"        \
    "subeq r1, r1, r3\n"          \
    "beq " block "\n"

/* Goes on by `count` columns of the output and so many bytes of the tile; sets the flags to the columns left. */
#define NEXT_COLUMNS(count, bytes)  \
    "ldrd r0, r1, [sp, #36]\n"      \
    "ldrd r10, r2, [sp, #28]\n"     \
    "ldr r3, [sp]\n"                \
    "add r0, r0, #" #bytes "\n"     \
    "add r2, r2, #" #bytes "\n"     \
    "add r1, r1, r3, lsl #(" #count "-1)\n" \
    "strd r0, r1, [sp, #36]\n"      \
    "subs r10, r10, #" #count "\n"  \
    "strd r10, r2, [sp, #28]\n"

#define NONNEGATIVE(sum)              \
    "smmla " sum ", " sum ", r2, r3\n" \
    "ssat " sum ", #8, " sum ", asr #10\n"

#define SIGNED(sum)                      \
    "add r5, r3, " sum ", asr #31\n"     \
    "smmlar " sum ", " sum ", r2, r5\n"  \
    "asr " sum ", " sum ", r4\n"         \
    "ssat " sum ", #8, " sum "\n"

#define NONNEGATIVE_CODES(sums) \
    "ldrd r2, r3, [sp, #8]\n"   \
    sums(NONNEGATIVE)

#define SIGNED_CODES(sums)       \
    "ldrd r2, r3, [sp, #8]\n"    \
    "ldr r4, [sp, #16]\n"        \
    sums(SIGNED)                 \
    "ldrd r4, r5, [sp, #44]\n"

/* Sums r10, r11 of the upper row, r12, lr of the lower one. */
#define FOUR_SUMS(code) code("r10") code("r11") code("r12") code("lr")
#define LEFT_SUMS(code) code("r10") code("r12")

/* The upper row goes last, so that it wins where both have the same address. */
#define STORE_FOUR             \
    "ldrd r2, r3, [sp]\n"      \
    "strb r12, [r1, r3]\n"     \
    "add r12, r1, r3\n"        \
    "strb lr, [r12, r2]\n"     \
    "strb r10, [r1]\n"         \
    "strb r11, [r1, r2]\n"     \
    "add r1, r12, r3\n"

#define STORE_LEFT             \
    "ldr r3, [sp, #4]\n"       \
    "strb r12, [r1, r3]\n"     \
    "strb r10, [r1]\n"         \
    "add r1, r1, r3, lsl #1\n"

#define STRIDE_1(codes)                 \
    ENTER(2)                            \
    "ldr r2, [sp, #28]\n"               \
    "cmp r2, #1\n"                      \
    "beq 3f\n"                          \
    "2:\n"                              \
    "ldr lr, [sp, #20]\n"               \
    "ldrd r2, r3, [r0]\n"               \
    "smlad r10, r2, r4, lr\n"           \
    "smlatb r11, r2, r4, lr\n"          \
    "smlad r10, r3, r6, r10\n"          \
    "smlatb r11, r3, r6, r11\n"         \
    "smlad r12, r3, r4, lr\n"           \
    "smlatb lr, r3, r4, lr\n"           \
    "ldrd r2, r3, [r0, #448]\n"         \
    "smlabt r10, r2, r5, r10\n"         \
    "smlad r11, r2, r5, r11\n"          \
    "smlabt r10, r3, r7, r10\n"         \
    "smlad r11, r3, r7, r11\n"          \
    "smlabt r12, r3, r5, r12\n"         \
    "smlad lr, r3, r5, lr\n"            \
    "ldrd r2, r3, [r0, #8]!\n"          \
    "smlad r10, r2, r8, r10\n"          \
    "smlatb r11, r2, r8, r11\n"         \
    "smlad r12, r2, r6, r12\n"          \
    "smlatb lr, r2, r6, lr\n"           \
    "smlad r12, r3, r8, r12\n"          \
    "smlatb lr, r3, r8, lr\n"           \
    "ldrd r2, r3, [r0, #448]\n"         \
    "smlabt r10, r2, r9, r10\n"         \
    "smlad r11, r2, r9, r11\n"          \
    "smlabt r12, r2, r7, r12\n"         \
    "smlad lr, r2, r7, lr\n"            \
    "smlabt r12, r3, r9, r12\n"         \
    "smlad lr, r3, r9, lr\n"            \
    codes(FOUR_SUMS)                    \
    STORE_FOUR                          \
    NEXT_ROWS("2b", 4)                  \
    NEXT_COLUMNS(2, 448)                \
    "beq 4f\n"                          \
    "cmp r10, #1\n"                     \
    "bne 2b\n"                          \
    "3:\n"                              \
    "ldr lr, [sp, #20]\n"               \
    "ldrd r2, r3, [r0]\n"               \
    "smlad r10, r2, r4, lr\n"           \
    "smlad r10, r3, r6, r10\n"          \
    "smlad r12, r3, r4, lr\n"           \
    "ldrd r2, r3, [r0, #448]\n"         \
    "smlabt r10, r2, r5, r10\n"         \
    "smlabt r10, r3, r7, r10\n"         \
    "smlabt r12, r3, r5, r12\n"         \
    "ldrd r2, r3, [r0, #8]!\n"          \
    "smlad r10, r2, r8, r10\n"          \
    "smlad r12, r2, r6, r12\n"          \
    "smlad r12, r3, r8, r12\n"          \
    "ldrd r2, r3, [r0, #448]\n"         \
    "smlabt r10, r2, r9, r10\n"         \
    "smlabt r12, r2, r7, r12\n"         \
    "smlabt r12, r3, r9, r12\n"         \
    codes(LEFT_SUMS)                    \
    STORE_LEFT                          \
    NEXT_ROWS("3b", 4)                  \
    "4:\n"                              \
    LEAVE

/* Taps (w1, w2) are needed for w2 alone. */
#define STRIDE_2(codes)                 \
    ENTER(3)                            \
    "ldr r2, [sp, #28]\n"               \
    "cmp r2, #1\n"                      \
    "beq 3f\n"                          \
    "2:\n"                              \
    "ldr lr, [sp, #20]\n"               \
    "ldrd r2, r3, [r0]\n"               \
    "smlad r10, r2, r4, lr\n"           \
    "smlad r10, r3, r6, r10\n"          \
    "ldrd r2, r3, [r0, #8]\n"           \
    "smlad r10, r2, r8, r10\n"          \
    "smlad r12, r2, r4, lr\n"           \
    "smlad r12, r3, r6, r12\n"          \
    "ldr r2, [r0, #16]!\n"              \
    "smlad r12, r2, r8, r12\n"          \
    "ldrd r2, r3, [r0, #432]\n"         \
    "smlabt r10, r2, r5, r10\n"         \
    "smlad r11, r2, r4, lr\n"           \
    "smlabt r10, r3, r7, r10\n"         \
    "smlad r11, r3, r6, r11\n"          \
    "ldrd r2, r3, [r0, #440]\n"         \
    "smlabt r10, r2, r9, r10\n"         \
    "smlad r11, r2, r8, r11\n"          \
    "smlabt r12, r2, r5, r12\n"         \
    "smlad lr, r2, r4, lr\n"            \
    "smlabt r12, r3, r7, r12\n"         \
    "smlad lr, r3, r6, lr\n"            \
    "ldr r2, [r0, #448]\n"              \
    "smlabt r12, r2, r9, r12\n"         \
    "smlad lr, r2, r8, lr\n"            \
    "ldrd r2, r3, [r0, #880]\n"         \
    "smlabt r11, r2, r5, r11\n"         \
    "smlabt r11, r3, r7, r11\n"         \
    "ldrd r2, r3, [r0, #888]\n"         \
    "smlabt r11, r2, r9, r11\n"         \
    "smlabt lr, r2, r5, lr\n"           \
    "smlabt lr, r3, r7, lr\n"           \
    "ldr r2, [r0, #896]\n"              \
    "smlabt lr, r2, r9, lr\n"           \
    codes(FOUR_SUMS)                    \
    STORE_FOUR                          \
    NEXT_ROWS("2b", 8)                  \
    NEXT_COLUMNS(2, 896)                \
    "beq 4f\n"                          \
    "cmp r10, #1\n"                     \
    "bne 2b\n"                          \
    "3:\n"                              \
    "ldr r12, [sp, #20]\n"              \
    "ldrd r2, r3, [r0]\n"               \
    "smlad r10, r2, r4, r12\n"          \
    "smlad r10, r3, r6, r10\n"          \
    "ldrd r2, r3, [r0, #8]\n"           \
    "ldr lr, [r0, #16]\n"               \
    "smlad r10, r2, r8, r10\n"          \
    "smlad r12, r2, r4, r12\n"          \
    "smlad r12, r3, r6, r12\n"          \
    "smlad r12, lr, r8, r12\n"          \
    "ldrd r2, r3, [r0, #448]\n"         \
    "smlabt r10, r2, r5, r10\n"         \
    "smlabt r10, r3, r7, r10\n"         \
    "ldrd r2, r3, [r0, #456]\n"         \
    "ldr lr, [r0, #464]\n"              \
    "add r0, r0, #16\n"                 \
    "smlabt r10, r2, r9, r10\n"         \
    "smlabt r12, r2, r5, r12\n"         \
    "smlabt r12, r3, r7, r12\n"         \
    "smlabt r12, lr, r9, r12\n"         \
    codes(LEFT_SUMS)                    \
    STORE_LEFT                          \
    NEXT_ROWS("3b", 8)                  \
    "4:\n"                              \
    LEAVE

#define DEFINE(name, body)                                                              \
    __attribute__((naked)) void name(__attribute__((unused)) const tq_depthwise_tile_args *args,        \
                                     __attribute__((unused)) const tq_depthwise_channel_dsp *channel)   \
    {                                                                                   \
        __asm__ volatile(body);                                                         \
    }

DEFINE(tq_depthwise_tile_s8_dsp, STRIDE_1(NONNEGATIVE_CODES))
DEFINE(tq_depthwise_tile_signed_s8_dsp, STRIDE_1(SIGNED_CODES))
DEFINE(tq_depthwise_tile_stride2_s8_dsp, STRIDE_2(NONNEGATIVE_CODES))
DEFINE(tq_depthwise_tile_stride2_signed_s8_dsp, STRIDE_2(SIGNED_CODES))

#endif
