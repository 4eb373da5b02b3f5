#include "tq_paired_relu_s8.h"

#include <string.h>

#include "tq_scale_once.h"

/* What the next four channels need, and where their codes go. */
typedef struct {
    const uint32_t *weights;
    const int32_t *scales;
    int8_t *first;
    int8_t *second;
} four_channels;

#if defined(__arm__) && defined(__thumb2__)

/* r2 inputs, r12 weight and product; to sums of products modulo 2^32 and of their upper halves */
#define PRODUCT(take, all, upper)              \
    take "\n"                                  \
    "mul r12, r2, r12\n"                       \
    "add " all ", " all ", r12\n"              \
    "add " upper ", " upper ", r12, lsr #16\n"

/* The codes of a channel; scales at r2, outputs at r12 and lr */
#define CODES(all, upper)                      \
    "ldrd r0, r3, [r2], #8\n"                  \
    "sub " all ", " all ", " upper ", lsl #16\n" \
    "add " all ", r0, " all ", lsl #8\n"       \
    "add " upper ", r0, " upper ", lsl #8\n"   \
    "smull r0, " all ", " all ", r3\n"         \
    "smull r0, " upper ", " upper ", r3\n"     \
    "ssat " all ", #8, " all ", asr #10\n"     \
    "ssat " upper ", #8, " upper ", asr #10\n" \
    "strb " all ", [r12], #1\n"                \
    "strb " upper ", [lr], #1\n"

/* Computes four channels from the words [inputs, end), and moves on to the next ones. */
__attribute__((naked)) static void compute_four(__attribute__((unused)) const uint32_t *inputs,
                                                __attribute__((unused)) const uint32_t *end,
                                                __attribute__((unused)) four_channels *next)
{
    __asm__ volatile(
        "push {r2, r4-r11, lr}\n"
        "mov lr, r1\n"
        "ldrd r4, r8, [r1]\n"
        "ldr r1, [r2]\n"
        "mov r5, r4\n"
        "mov r6, r4\n"
        "mov r7, r4\n"
        "mov r9, r8\n"
        "mov r10, r8\n"
        "mov r11, r8\n"
        ".balign 4\n"
        "1:\n"
        ".rept 4\n"
        "ldr r2, [r0], #4\n"
        "ldr r3, [r1], #4\n"
        PRODUCT("uxtb r12, r3", "r4", "r8")
        PRODUCT("ubfx r12, r3, #8, #8", "r5", "r9")
        PRODUCT("ubfx r12, r3, #16, #8", "r6", "r10")
        PRODUCT("lsr r12, r3, #24", "r7", "r11")
        ".endr\n"
        "cmp r0, lr\n"
        "bne.w 1b\n"
        "ldr r0, [sp]\n"
        "str r1, [r0], #4\n"
        "ldm r0, {r2, r12, lr}\n"
        CODES("r4", "r8")
        CODES("r5", "r9")
        CODES("r6", "r10")
        CODES("r7", "r11")
        "pop {r0, r4-r11}\n"
        "adds r0, r0, #4\n"
        "stm r0, {r2, r12, lr}\n"
        "pop {pc}\n");
}

#else

static void compute_four(const uint32_t *inputs, const uint32_t *end, four_channels *next)
{
    const uint32_t second = end[1];
    const uint32_t first = end[0] - (second << 16);
    uint32_t sums[2 * TQ_PAIRED_CHANNELS];

    tq_paired_sums(inputs, next->weights, end, sums);
    next->weights += end - inputs;
    for (int32_t i = 0; i < TQ_PAIRED_CHANNELS; ++i) {
        const int32_t addend = next->scales[0];
        const int32_t multiplier = next->scales[1];

        *next->first++ = tq_scale_once((int32_t)(sums[i] + first), addend, multiplier);
        *next->second++ = tq_scale_once((int32_t)(sums[TQ_PAIRED_CHANNELS + i] + second), addend, multiplier);
        next->scales += 2;
    }
}

#endif

void tq_paired_relu_s8(const tq_paired_relu_s8_params *p, const uint32_t *inputs, int8_t *first, int8_t *second)
{
    const uint32_t *end = inputs + p->words;
    four_channels next = {p->weights, p->scales, first, second};
    int32_t left = p->channels;

    for (; left >= TQ_PAIRED_CHANNELS; left -= TQ_PAIRED_CHANNELS) {
        compute_four(inputs, end, &next);
    }
    if (left > 0) {
        int8_t codes[2 * TQ_PAIRED_CHANNELS];

        first = next.first;
        second = next.second;
        next.first = codes;
        next.second = codes + TQ_PAIRED_CHANNELS;
        compute_four(inputs, end, &next);
        memcpy(first, codes, (size_t)left);
        memcpy(second, codes + TQ_PAIRED_CHANNELS, (size_t)left);
    }
}
