#include "tq_dot_s8_dsp.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stddef.h>

#include "tq_dot_asm_dsp.h"

_Static_assert(offsetof(tq_dot_s8_dsp_args, form) == 36, "the assembler reads the members as ten words");

/* No register is left for a counter, so where to go after the first group and after the last one is on the stack. The odd
 * channel goes first, so that the even one wins where both have the same address.
 */
#define STORE_AND_LOOP             \
    "ldm sp, {r0, r2-r5}\n"        \
    "strb lr, [r3, r5]\n"          \
    "strb r12, [r3], #2\n"         \
    "strb r11, [r2, r5]\n"         \
    "strb r10, [r2], #2\n"         \
    "strd r2, r3, [sp, #4]\n"      \
    "cmp r1, r4\n"                 \
    "bne.w 1b\n"                   \
    "add sp, sp, #36\n"            \
    "pop {r4-r11, pc}\n"

/* Addresses in tq_dot_s8_dsp: the code of each tq_dsp_form, and the end of the unrolled groups. */
extern const uintptr_t tq_dot_s8_dsp_addresses[5];

enum { UNROLLED = 36, GROUP_BYTES = 40, TEST_BYTES = 4 };

void tq_dot_s8_dsp_set_up(tq_dot_s8_dsp_args *args, int32_t groups, tq_dsp_form form)
{
    const uintptr_t end = tq_dot_s8_dsp_addresses[4];
    const uint32_t rest = (uint32_t)groups - 1;

    /* the first pass goes through the last ones of the unrolled groups; if it does not do, a test goes back for more */
    args->start = end - rest % UNROLLED * GROUP_BYTES;
    args->form = tq_dot_s8_dsp_addresses[form];
    args->after = rest < UNROLLED ? args->form : end + TEST_BYTES;
    args->inputs_end = args->inputs + 4 * groups;
}

__attribute__((naked)) void tq_dot_s8_dsp(__attribute__((unused)) const tq_dot_s8_dsp_args *args)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "ldm r0, {r1-r10}\n"
        "mov r0, r2\n"
        /* sp: inputs, outputs, end of weights, second channel; +20 start, +24 after, +28 end of inputs, +32 form */
        "push {r2-r10}\n"
        ".balign 4\n"
        "1:\n"
        FIRST_GROUP
        "ldr.w pc, [sp, #20]\n"
        "2:\n"
        ".rept 36\n"
        GROUP
        ".endr\n"
        "3:\n"
        "ldr.w pc, [sp, #24]\n"
        "ldr r2, [sp, #28]\n"
        "cmp r0, r2\n"
        "bne.w 2b\n"
        "ldr.w pc, [sp, #32]\n"
        "4:\n"
        CODES_SIGNED
        STORE_AND_LOOP
        "5:\n"
        CODES_NONNEGATIVE
        STORE_AND_LOOP
        "6:\n"
        CODES_SIGNED_SCALED
        STORE_AND_LOOP
        "7:\n"
        CODES_NONNEGATIVE_SCALED
        STORE_AND_LOOP
        ".balign 4\n"
        ".global tq_dot_s8_dsp_addresses\n"
        "tq_dot_s8_dsp_addresses:\n"
        ".word 4b + 1, 5b + 1, 6b + 1, 7b + 1, 3b + 1\n");
}

#endif
