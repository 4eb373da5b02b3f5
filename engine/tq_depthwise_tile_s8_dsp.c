#include "tq_depthwise_tile_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>

_Static_assert(TQ_TILE_ROWS == 28, "the assembler adds 112 and 448 bytes");
_Static_assert(TQ_DEPTHWISE_SHIFT == 10, "the assembler shifts by 10");
_Static_assert(sizeof(tq_tile_pixels_args) == 28, "the assembler reads seven words");
_Static_assert(sizeof(tq_depthwise_tile_args) == 32, "the assembler reads eight words");
_Static_assert(offsetof(tq_depthwise_channel_dsp, multiplier) == 24, "the assembler reads six taps, then four words");

/* Two rows at a time. r0 input, r1 bytes to the next pixel, r3 to the next row, r11 to the next row's next pixel, r2 tile,
 * r10 twos of pairs left, r12 rows left * 8 + a pair is left * 4 + last is alone * 2 + odd,
 * lr what takes the tile back to the start of its row, two rows on; sp: twos of pairs, bytes to the next two rows
 */
#define ALONE_IN_ROW(row, input, offset)           \
    "ldrsb r4, [" input "]\n"                      \
    "ldrsb r5, [" input ", #1]\n"                  \
    "ldrsb r6, [" input ", #2]\n"                  \
    "ldrsb r7, [" input ", #3]\n"                  \
    "strh r4, [r2, #4*" #row "+" #offset "]\n"     \
    "strh r5, [r2, #4*" #row "+112+" #offset "]\n" \
    "strh r6, [r2, #4*" #row "+224+" #offset "]\n" \
    "strh r7, [r2, #4*" #row "+336+" #offset "]\n"

#define ALONE(offset)               \
    "add r8, r0, r3\n"              \
    ALONE_IN_ROW(0, "r0", offset)   \
    ALONE_IN_ROW(1, "r8", offset)   \
    "add r0, r0, r1\n"

#define PAIR(offset)                       \
    "ldr r5, [r0, r1]\n"                   \
    "ldr r7, [r0, r11]\n"                  \
    "ldr r6, [r0, r3]\n"                   \
    "ldr r4, [r0]\n"                       \
    "add r0, r0, r1, lsl #1\n"             \
    "pkhbt r8, r4, r5, lsl #16\n"          \
    "pkhtb r9, r5, r4, asr #16\n"          \
    "pkhbt r4, r6, r7, lsl #16\n"          \
    "pkhtb r5, r7, r6, asr #16\n"          \
    "sxtb16 r6, r8\n"                      \
    "sxtb16 r7, r4\n"                      \
    "strd r6, r7, [r2, #" #offset "]\n"    \
    "sxtb16 r6, r8, ror #8\n"              \
    "sxtb16 r7, r4, ror #8\n"              \
    "strd r6, r7, [r2, #112+" #offset "]\n" \
    "sxtb16 r6, r9\n"                      \
    "sxtb16 r7, r5\n"                      \
    "strd r6, r7, [r2, #224+" #offset "]\n" \
    "sxtb16 r6, r9, ror #8\n"              \
    "sxtb16 r7, r5, ror #8\n"              \
    "strd r6, r7, [r2, #336+" #offset "]\n"

__attribute__((naked)) void tq_tile_pixels_dsp(__attribute__((unused)) const tq_tile_pixels_args *args)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "ldm r0, {r4-r10}\n"
        "mov r0, r4\n"
        "mov r1, r5\n"
        "mov r2, r6\n"
        "mla r3, r8, r1, r10\n" /* bytes of a row */
        "add r11, r3, r1\n"
        "add r6, r3, r10\n"
        "sub r8, r8, r7\n" /* without an odd first one */
        "and r5, r8, #3\n" /* two bits: a pair is left, last is alone */
        "orr r12, r7, r5, lsl #1\n"
        "orr r12, r12, r9, lsl #3\n"
        "lsr r5, r8, #2\n"
        "push {r5, r6}\n"
        "add r4, r7, r8, lsr #1\n" /* pairs that the row goes through */
        "mov r5, #448\n"
        "mul r4, r4, r5\n"
        "rsb lr, r4, #8\n"
        "1:\n"
        "lsls r4, r12, #31\n"
        "bpl 2f\n"
        ALONE(2)
        "add r2, r2, #448\n"
        "2:\n"
        "ldr r10, [sp]\n"
        "cmp r10, #0\n"
        "beq 4f\n"
        "3:\n"
        PAIR(0)
        PAIR(448)
        "add r2, r2, #896\n"
        "subs r10, r10, #1\n"
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
        "ldr r4, [sp, #4]\n"
        "add r2, r2, lr\n"
        "add r0, r0, r4\n"
        "sub r12, r12, #16\n"
        "cmp r12, #16\n"
        "bhs 1b\n"
        "lsls r4, r12, #28\n"
        "bpl 7f\n"
        "sub r0, r0, r3\n" /* the last but one again */
        "sub r2, r2, #4\n"
        "add r12, r12, #8\n"
        "b 1b\n"
        "7:\n"
        "add sp, sp, #8\n"
        "pop {r4-r11, pc}\n");
}

/* Both strides: r0 tile, r1 output, r4-r9 taps. The stack:
 *   +0 pixel step, +4 row step, +8 multiplier, +12 addend, +16 right, +20 bias,
 *   +28 columns left, +32 where the last two rows begin, +36 start of the column in the tile, +40 in the output,
 *   +44 first taps, +52 start of the channel in the tile, +56 in the output, +60 columns, +64 bytes to the last two rows,
 *   +68 channel, +72 channels left, +76 where columns start, +80 where one alone does
 *
 * Blocks of two rows are unrolled twice; columns start with the second one where their number is odd.
 */
#define ENTER(row_shift)                \
    "push {r4-r11, lr}\n"               \
    "sub sp, sp, #84\n"                 \
    "ldm r0, {r2-r9}\n"                 \
    "strd r6, r7, [sp]\n"               \
    "strd r2, r3, [sp, #52]\n"          \
    "sub r6, r5, #2\n"                  \
    "lsl r6, r6, #" #row_shift "\n"     \
    "mov r7, #4\n"                      \
    "strd r4, r6, [sp, #60]\n"          \
    "strd r8, r7, [sp, #68]\n"          \
    "ldrd r10, r11, 20f\n"              \
    "ldrd r2, r3, 21f\n"                \
    "cmp r5, #1\n"                      \
    "it eq\n"                           \
    "moveq r10, r11\n"                  \
    "tst r5, #2\n"                      \
    "it ne\n"                           \
    "movne r10, r11\n"                  \
    "cmp r9, #0\n"                      \
    "it ne\n"                           \
    "movne r2, r3\n"                    \
    "strd r10, r2, [sp, #76]\n"         \
    "1:\n"                              \
    "ldr r12, [sp, #68]\n"              \
    "ldm r12!, {r4-r9}\n"               \
    "ldm r12!, {r2, r3, r10, r11}\n"    \
    "str r12, [sp, #68]\n"              \
    "strd r2, r3, [sp, #8]\n"           \
    "strd r10, r11, [sp, #16]\n"        \
    "strd r4, r5, [sp, #44]\n"          \
    "ldrd r0, r1, [sp, #52]\n"          \
    "strd r0, r1, [sp, #36]\n"          \
    "ldrd r10, r2, [sp, #60]\n"         \
    "add r2, r2, r0\n"                  \
    "strd r10, r2, [sp, #28]\n"         \
    "b 2f\n"                            \
    ".balign 4\n"                       \
    "20: .word 3f + 1, 4f + 1\n"        \
    "21: .word 5f + 1, 6f + 1\n"        \
    "2:\n"                              \
    "cmp r10, #1\n"                     \
    "it eq\n"                           \
    "ldreq.w pc, [sp, #80]\n"           \
    "ldr.w pc, [sp, #76]\n"

#define LEAVE                   \
    "ldrd r0, r1, [sp, #52]\n"  \
    "ldr r2, [sp, #72]\n"       \
    "add r0, r0, #112\n"        \
    "add r1, r1, #1\n"          \
    "strd r0, r1, [sp, #52]\n"  \
    "subs r2, r2, #1\n"         \
    "str r2, [sp, #72]\n"       \
    "bne.w 1b\n"                \
    "add sp, sp, #84\n"         \
    "pop {r4-r11, pc}\n"

/* Goes back to label `more` for the next rows; the flags say whether one is left. */
#define NEXT_ROWS(more, one_row) \
    "ldr r2, [sp, #32]\n"         \
    "cmp r0, r2\n"                \
    "bls.w " more "\n"            \
    "sub r3, r0, r2\n"            \
    "cmp r3, #" #one_row "\n"

/* The same; where one is left, to `block` for the last two. */
#define NEXT_OR_LAST_ROWS(more, block, one_row) \
    NEXT_ROWS(more, one_row)      \
    "ittt eq\n"                   \
    "moveq r0, r2\n"              \
    "ldreq r3, [sp, #4]\n"        \
    "subeq r1, r1, r3\n"          \
    "beq.w " block "\n"

/* Goes on by two columns of the output and so many bytes of the tile. */
#define NEXT_COLUMNS(bytes)         \
    "ldrd r0, r1, [sp, #36]\n"      \
    "ldrd r10, r2, [sp, #28]\n"     \
    "ldr r3, [sp]\n"                \
    "add r0, r0, #" #bytes "\n"     \
    "add r2, r2, #" #bytes "\n"     \
    "add r1, r1, r3, lsl #1\n"      \
    "strd r0, r1, [sp, #36]\n"      \
    "subs r10, r10, #2\n"           \
    "strd r10, r2, [sp, #28]\n"     \
    "bne.w 2b\n"                    \
    "b.w 7f\n"

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
#define UPPER_SUMS(code) code("r10") code("r11")
#define ONE_SUM(code) code("r10")

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

#define BLOCK_1(codes)                  \
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
    STORE_FOUR

#define ALONE_1(codes)                  \
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
    STORE_LEFT

/* One column alone, of which the right neighbours are padding: a part of the bias, in lr. */
#define PADDED_BIAS                     \
    "ldr lr, [sp, #20]\n"               \
    "ldr r2, [r0, #448]\n"              \
    "smlabt lr, r2, r5, lr\n"           \
    "smlabt lr, r2, r7, lr\n"           \
    "smlabt lr, r2, r9, lr\n"

#define PADDED_1(codes)                 \
    "ldrd r2, r3, [r0], #8\n"           \
    "smlad r10, r2, r4, lr\n"           \
    "smlad r10, r3, r6, r10\n"          \
    "smlad r12, r3, r4, lr\n"           \
    "ldrd r2, r3, [r0]\n"               \
    "smlad r10, r2, r8, r10\n"          \
    "smlad r12, r2, r6, r12\n"          \
    "smlad r12, r3, r8, r12\n"          \
    codes(LEFT_SUMS)                    \
    STORE_LEFT

/* One row alone. */
#define ROW_1(codes)                    \
    "ldr lr, [sp, #20]\n"               \
    "ldrd r2, r3, [r0]\n"               \
    "smlad r10, r2, r4, lr\n"           \
    "smlatb r11, r2, r4, lr\n"          \
    "smlad r10, r3, r6, r10\n"          \
    "smlatb r11, r3, r6, r11\n"         \
    "ldrd r2, r3, [r0, #448]\n"         \
    "smlabt r10, r2, r5, r10\n"         \
    "smlad r11, r2, r5, r11\n"          \
    "smlabt r10, r3, r7, r10\n"         \
    "smlad r11, r3, r7, r11\n"          \
    "ldr r2, [r0, #8]\n"                \
    "ldr r3, [r0, #456]\n"              \
    "smlad r10, r2, r8, r10\n"          \
    "smlatb r11, r2, r8, r11\n"         \
    "smlabt r10, r3, r9, r10\n"         \
    "smlad r11, r3, r9, r11\n"          \
    codes(UPPER_SUMS)                   \
    "ldr r2, [sp]\n"                    \
    "strb r10, [r1]\n"                  \
    "strb r11, [r1, r2]\n"

#define PADDED_ROW_1(codes)             \
    "ldrd r2, r3, [r0]\n"               \
    "ldr r12, [r0, #8]\n"               \
    "smlad r10, r2, r4, lr\n"           \
    "smlad r10, r3, r6, r10\n"          \
    "smlad r10, r12, r8, r10\n"         \
    codes(ONE_SUM)                      \
    "strb r10, [r1]\n"

#define STRIDE_1(codes)                 \
    ENTER(2)                            \
    "3:\n"                              \
    BLOCK_1(codes)                      \
    "4:\n"                              \
    BLOCK_1(codes)                      \
    NEXT_ROWS("3b", 4)                  \
    "bne 9f\n"                          \
    ROW_1(codes)                        \
    "9:\n"                              \
    NEXT_COLUMNS(448)                   \
    "5:\n"                              \
    ALONE_1(codes)                      \
    NEXT_OR_LAST_ROWS("5b", "5b", 4)    \
    "b.w 7f\n"                          \
    "6:\n"                              \
    PADDED_BIAS                         \
    "8:\n"                              \
    PADDED_1(codes)                     \
    NEXT_ROWS("8b", 4)                  \
    "bne 7f\n"                          \
    PADDED_ROW_1(codes)                 \
    "7:\n"                              \
    LEAVE

/* Taps (w1, w2) are needed for w2 alone. */
#define BLOCK_2(codes)                  \
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
    STORE_FOUR

#define ALONE_2(codes)                  \
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
    STORE_LEFT

#define STRIDE_2(codes)                 \
    ENTER(3)                            \
    "3:\n"                              \
    BLOCK_2(codes)                      \
    "4:\n"                              \
    BLOCK_2(codes)                      \
    NEXT_OR_LAST_ROWS("3b", "4b", 8)    \
    NEXT_COLUMNS(896)                   \
    "5:\n"                              \
    "6:\n"                              \
    ALONE_2(codes)                      \
    NEXT_OR_LAST_ROWS("5b", "5b", 8)    \
    "7:\n"                              \
    LEAVE

#define DEFINE(name, body)                                                              \
    __attribute__((naked)) void name(__attribute__((unused)) const tq_depthwise_tile_args *args)        \
    {                                                                                   \
        __asm__ volatile(body);                                                         \
    }

DEFINE(tq_depthwise_tile_s8_dsp, STRIDE_1(NONNEGATIVE_CODES))
DEFINE(tq_depthwise_tile_signed_s8_dsp, STRIDE_1(SIGNED_CODES))
DEFINE(tq_depthwise_tile_stride2_s8_dsp, STRIDE_2(NONNEGATIVE_CODES))
DEFINE(tq_depthwise_tile_stride2_signed_s8_dsp, STRIDE_2(SIGNED_CODES))

#endif
