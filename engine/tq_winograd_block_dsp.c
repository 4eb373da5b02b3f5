#include "tq_winograd_block_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>

_Static_assert(sizeof(tq_winograd_args) == 80, "the assembler reads twenty words");
_Static_assert(offsetof(tq_winograd_args, inputs) == 32, "the assembler knows the members' places");
_Static_assert(offsetof(tq_winograd_args, starts) == 48, "the assembler knows the members' places");
_Static_assert(sizeof(tq_winograd_scaling) == 32, "the assembler reads eight words");
_Static_assert(TQ_WINOGRAD_MAX_GROUPS == 16, "the assembler unrolls so many groups");

/* Addresses in tq_winograd_block_dsp: the ends of the unrolled groups, and what makes outputs in both forms. */
extern const uintptr_t tq_winograd_block_addresses[12];

enum { GROUP_BYTES = 40 };

void tq_winograd_set_up(tq_winograd_args *args, int32_t groups, tq_dsp_form form)
{
    const uintptr_t *outputs = tq_winograd_block_addresses + (form == TQ_DSP_NONNEGATIVE ? 4 : 8);

    for (int32_t i = 0; i < 4; ++i) {
        const int32_t left = i < 2 ? groups - 1 : groups; /* the first group of new sums is apart */

        args->starts[i] = tq_winograd_block_addresses[i] - (uint32_t)left * GROUP_BYTES;
    }
    args->upper[0] = outputs[0];
    args->upper[1] = outputs[1];
    args->lower[0] = outputs[2];
    args->lower[1] = outputs[3];
}

/* r0 inputs, r1 weights; r2-r5 two tiles, r6-r9 two channels; sums r10, r11 (first tile), r12, lr (second tile) */
#define LOAD                   \
    "ldm.w r0!, {r2-r5}\n"     \
    "ldm.w r1!, {r6-r9}\n"

#define MORE                   \
    "smlad r10, r3, r7, r10\n" \
    "smlad r11, r3, r9, r11\n" \
    "smlad r12, r5, r7, r12\n" \
    "smlad lr, r5, r9, lr\n"

#define FIRST                  \
    LOAD                       \
    "smuad r10, r2, r6\n"      \
    "smuad r11, r2, r8\n"      \
    "smuad r12, r4, r6\n"      \
    "smuad lr, r4, r8\n"       \
    MORE

#define GROUP                  \
    LOAD                       \
    "smlad r10, r2, r6, r10\n" \
    "smlad r11, r2, r8, r11\n" \
    "smlad r12, r4, r6, r12\n" \
    "smlad lr, r4, r8, lr\n"   \
    MORE

/* r6-r9 = r2-r5 - sums; sums += r2-r5 */
#define BUTTERFLY              \
    "sub r6, r2, r10\n"        \
    "sub r7, r3, r11\n"        \
    "sub r8, r4, r12\n"        \
    "sub r9, r5, lr\n"         \
    ADD_TO_SUMS

#define ADD_TO_SUMS            \
    "add r10, r10, r2\n"       \
    "add r11, r11, r3\n"       \
    "add r12, r12, r4\n"       \
    "add lr, lr, r5\n"

/* The stack: +0 difference of products; of left outputs +16 sum and +32 difference of rows, of right ones +48 and +64;
 * +80 where to go on with left and +84 with right sums; +88 tq_winograd_args
 */
#define KEPT(offset)                    \
    "add r2, sp, #" offset "\n"         \
    "ldm r2, {r2-r5}\n"

#define KEEP(offset)                    \
    "add r2, sp, #" offset "\n"         \
    "stm r2, {r10-r12, lr}\n"

#define KEEP_BOTH(offset)               \
    "add r2, sp, #" offset "\n"         \
    "stm r2!, {r10-r12, lr}\n"          \
    "stm r2, {r6-r9}\n"

#define GO_ON_WITH_3                    \
    "ldm sp, {r10-r12, lr}\n"           \
    "ldr.w pc, [sp, #148]\n"

/* The next row, where it goes on at these addresses. */
#define NEXT_ROW(addresses)             \
    "ldrd r2, r3, " addresses "\n"      \
    "strd r2, r3, [sp, #80]\n"          \
    FIRST                               \
    "ldr.w pc, [sp, #136]\n"

/* r2, r3 multipliers of both channels; r4, r5 addends; r6, r7 shifts; r8 end of scaling */
#define SCALING                         \
    "ldr r8, [sp, #124]\n"              \
    "ldm r8!, {r2-r7}\n"

#define NONNEGATIVE(sum, multiplier, addend, shift)         \
    "smmla " sum ", " sum ", " multiplier ", " addend "\n"  \
    "asr " sum ", " sum ", " shift "\n"                     \
    "ssat " sum ", #8, " sum "\n"

/* ties of negative numbers go down; of four times the sum, that is 2 less */
#define SIGNED(sum, multiplier, addend, shift)              \
    "asr r9, " sum ", #31\n"                                \
    "add r9, " addend ", r9, lsl #1\n"                      \
    "smmla " sum ", " sum ", " multiplier ", r9\n"          \
    "asr " sum ", " sum ", " shift "\n"                     \
    "ssat " sum ", #8, " sum "\n"

#define OUTPUTS(kept, output, code)     \
    KEPT(kept)                          \
    ADD_TO_SUMS                         \
    SCALING                             \
    code("r10", "r2", "r4", "r6")       \
    code("r11", "r3", "r5", "r7")       \
    code("r12", "r2", "r4", "r6")       \
    code("lr", "r3", "r5", "r7")        \
    "ldrd r2, r3, [sp, #" output "]\n"  \
    "strb r12, [r2, r3]\n"              \
    "strb r10, [r2], #1\n"              \
    "strb lr, [r2, r3]\n"               \
    "strb r11, [r2], #1\n"              \
    "str r2, [sp, #" output "]\n"

#define FORM(upper_left, upper_right, lower_left, lower_right, code) \
    upper_left ":\n"                    \
    OUTPUTS("16", "88", code)           \
    GO_ON_WITH_3                        \
    upper_right ":\n"                   \
    OUTPUTS("48", "96", code)           \
    NEXT_ROW("[sp, #160]")              \
    lower_left ":\n"                    \
    OUTPUTS("32", "104", code)          \
    GO_ON_WITH_3                        \
    lower_right ":\n"                   \
    OUTPUTS("64", "112", code)          \
    "add r8, r8, #8\n"                  \
    "str r8, [sp, #124]\n"              \
    "ldr r2, [sp, #132]\n"              \
    "cmp r1, r2\n"                      \
    "bne.w 1b\n"                        \
    "add sp, sp, #168\n"                \
    "pop {r4-r11, pc}\n"

__attribute__((naked)) void tq_winograd_block_dsp(__attribute__((unused)) const tq_winograd_args *args)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "add r0, r0, #80\n"
        "ldmdb r0!, {r1-r10}\n"
        "push {r1-r10}\n"
        "ldmdb r0!, {r1-r10}\n"
        "push {r1-r10}\n"
        "sub sp, sp, #88\n"
        "ldr r1, [sp, #128]\n"
        ".balign 4\n"
        /* row 1 */
        "1:\n"
        "ldrd r0, r2, [sp, #120]\n"
        "ldrd r10, r11, [r2, #24]\n"
        "ldrd r2, r3, 18f\n"
        "strd r2, r3, [sp, #80]\n"
        LOAD
        "smlad r12, r4, r6, r10\n"
        "smlad lr, r4, r8, r11\n"
        "smlad r10, r2, r6, r10\n"
        "smlad r11, r2, r8, r11\n"
        MORE
        "ldr.w pc, [sp, #136]\n"
        ".balign 4\n"
        "18: .word 20f + 1, 21f + 1\n"
        /* products 1 are done: there are 2, then 0 and 3 */
        ".rept 15\n"
        GROUP
        ".endr\n"
        "5:\n"
        "stm sp, {r10-r12, lr}\n"
        FIRST
        "ldr.w pc, [sp, #140]\n"
        ".rept 15\n"
        GROUP
        ".endr\n"
        "6:\n"
        "ldm sp, {r2-r5}\n"
        BUTTERFLY
        "stm sp, {r6-r9}\n"
        "ldr.w pc, [sp, #144]\n"
        ".rept 16\n"
        GROUP
        ".endr\n"
        "7:\n"
        "ldr.w pc, [sp, #80]\n"
        ".rept 16\n"
        GROUP
        ".endr\n"
        "8:\n"
        "ldr.w pc, [sp, #84]\n"
        /* left and right sums of row 1 */
        "20:\n"
        KEEP("16")
        GO_ON_WITH_3
        "21:\n"
        KEEP("48")
        NEXT_ROW("19f")
        /* and of row 2 */
        "22:\n"
        KEPT("16")
        BUTTERFLY
        KEEP_BOTH("16")
        GO_ON_WITH_3
        "23:\n"
        KEPT("48")
        BUTTERFLY
        KEEP_BOTH("48")
        NEXT_ROW("[sp, #152]")
        ".balign 4\n"
        "19: .word 22b + 1, 23b + 1\n"
        FORM("10", "11", "12", "13", NONNEGATIVE)
        FORM("14", "15", "16", "17", SIGNED)
        ".balign 4\n"
        ".global tq_winograd_block_addresses\n"
        "tq_winograd_block_addresses:\n"
        ".word 5b + 1, 6b + 1, 7b + 1, 8b + 1\n"
        ".word 10b + 1, 11b + 1, 12b + 1, 13b + 1, 14b + 1, 15b + 1, 16b + 1, 17b + 1\n");
}

#endif
