#include "tq_paired_s8.h"

#include "tq_scale_right.h"

#if defined(__arm__) && defined(__thumb2__)

/* r2 inputs, r12 weight and product; to sums of products modulo 2^32 and of their upper halves */
#define PRODUCT(take, all, upper)              \
    take "\n"                                  \
    "mul r12, r2, r12\n"                       \
    "add " all ", " all ", r12\n"              \
    "add " upper ", " upper ", r12, lsr #16\n"

__attribute__((naked)) void tq_paired_sums(__attribute__((unused)) const uint32_t *inputs,
                                           __attribute__((unused)) const uint32_t *weights,
                                           __attribute__((unused)) const uint32_t *end,
                                           __attribute__((unused)) uint32_t *sums)
{
    __asm__ volatile(
        "push {r3-r11, lr}\n"
        "mov lr, r2\n"
        "movs r4, #0\n"
        "movs r5, #0\n"
        "movs r6, #0\n"
        "movs r7, #0\n"
        "mov r8, r4\n"
        "mov r9, r4\n"
        "mov r10, r4\n"
        "mov r11, r4\n"
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
        "ldr r0, [sp], #4\n"
        "sub r4, r4, r8, lsl #16\n"
        "sub r5, r5, r9, lsl #16\n"
        "sub r6, r6, r10, lsl #16\n"
        "sub r7, r7, r11, lsl #16\n"
        "stm r0, {r4-r11}\n"
        "pop {r4-r11, pc}\n");
}

#elif defined(__arm__) && defined(__thumb__)

/* r2 inputs, `weight` weight and product */
#define PRODUCT(weight, all, upper)          \
    "muls " weight ", r2, " weight "\n"      \
    "add " all ", " weight "\n"              \
    "lsrs " weight ", " weight ", #16\n"     \
    "add " upper ", " weight "\n"

#define STORE(all, upper, channel)                     \
    "mov r1, " upper "\n"                              \
    "mov r3, " all "\n"                                \
    "lsls r2, r1, #16\n"                               \
    "subs r3, r3, r2\n"                                \
    "str r3, [r0, #4 * " channel "]\n"                 \
    "str r1, [r0, #4 * " channel " + 16]\n"

__attribute__((naked)) void tq_paired_sums(__attribute__((unused)) const uint32_t *inputs,
                                           __attribute__((unused)) const uint32_t *weights,
                                           __attribute__((unused)) const uint32_t *end,
                                           __attribute__((unused)) uint32_t *sums)
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r3-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "push {r4-r7}\n"
        "mov lr, r2\n"
        "movs r5, #0\n"
        "movs r6, #0\n"
        "movs r7, #0\n"
        "mov r8, r5\n"
        "mov r9, r5\n"
        "mov r10, r5\n"
        "mov r11, r5\n"
        "mov r12, r5\n"
        "1:\n"
        ".rept 4\n"
        "ldm r0!, {r2}\n"
        "ldm r1!, {r3}\n"
        "uxtb r4, r3\n"
        PRODUCT("r4", "r5", "r8")
        "lsrs r3, r3, #8\n"
        "uxtb r4, r3\n"
        PRODUCT("r4", "r6", "r9")
        "lsrs r3, r3, #8\n"
        "uxtb r4, r3\n"
        PRODUCT("r4", "r7", "r10")
        "lsrs r3, r3, #8\n"
        PRODUCT("r3", "r12", "r11")
        ".endr\n"
        "cmp r0, lr\n"
        "bne 1b\n"
        "ldr r0, [sp, #16]\n"
        STORE("r5", "r8", "0")
        STORE("r6", "r9", "1")
        STORE("r7", "r10", "2")
        STORE("r12", "r11", "3")
        "pop {r4-r7}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "mov r11, r7\n"
        "pop {r3-r7, pc}\n");
}

#else

void tq_paired_sums(const uint32_t *inputs, const uint32_t *weights, const uint32_t *end, uint32_t *sums)
{
    for (int32_t channel = 0; channel < TQ_PAIRED_CHANNELS; ++channel) {
        uint32_t all = 0;
        uint32_t upper = 0;

        for (const uint32_t *x = inputs, *w = weights; x != end; ++x, ++w) {
            const uint32_t product = *x * (*w >> (8 * channel) & 0xff);

            all += product;
            upper += product >> 16;
        }
        sums[channel] = all - (upper << 16);
        sums[TQ_PAIRED_CHANNELS + channel] = upper;
    }
}

#endif

void tq_paired_s8(const tq_paired_s8_params *p, const uint32_t *inputs, int8_t *first, int8_t *second)
{
    const uint32_t *end = inputs + p->words;
    const uint32_t *weights = p->weights;
    const uint32_t first_excess = end[0];
    const uint32_t second_excess = end[1];
    const int32_t channels = p->channels;
    const int32_t step = p->multiplier_step;
    const int32_t *bias = p->bias;
    const int32_t *multiplier = p->multiplier;
    const int8_t *shift = p->shift;

    for (int32_t left = channels; left > 0; left -= TQ_PAIRED_CHANNELS) {
        uint32_t sums[2 * TQ_PAIRED_CHANNELS];
        const uint32_t *sum = sums;
        const uint32_t *last = sums + (left < TQ_PAIRED_CHANNELS ? left : TQ_PAIRED_CHANNELS);

        tq_paired_sums(inputs, weights, end, sums);
        weights += end - inputs;
        do {
            const tq_scale_right scale = tq_scale_right_by(*multiplier, *shift, p->zero_point, p->min, p->max);
            const uint32_t b = (uint32_t)*bias++;

            *first++ = tq_scale_right_code(scale, (int32_t)(sum[0] - first_excess + b));
            *second++ = tq_scale_right_code(scale, (int32_t)(sum[TQ_PAIRED_CHANNELS] - second_excess + b));
            multiplier += step;
            shift += step;
        } while (++sum != last);
    }
}
