#include "tq_fully_connected_paired_s8.h"

#include "tq_scale_right.h"

enum { CHANNELS = TQ_PAIRED_CHANNELS };

#if defined(__arm__) && defined(__thumb2__)

/* lr input, `weights` of two channels and products; to sums modulo 2^32 and of upper halves */
#define PRODUCTS(weights, all, upper)             \
    "mul " weights ", lr, " weights "\n"          \
    "add " all ", " all ", " weights "\n"         \
    "add " upper ", " upper ", " weights ", lsr #16\n"

__attribute__((naked)) void tq_fully_connected_paired_sums(__attribute__((unused)) const uint8_t *codes,
                                                           __attribute__((unused)) const uint32_t *weights,
                                                           __attribute__((unused)) const uint32_t *end,
                                                           __attribute__((unused)) uint32_t *sums)
{
    __asm__ volatile(
        "push {r4-r10, lr}\n"
        "movs r4, #0\n"
        "movs r5, #0\n"
        "movs r6, #0\n"
        "movs r7, #0\n"
        "mov r8, #0x00ff00ff\n"
        ".balign 4\n"
        "1:\n"
        ".rept 4\n"
        "ldr r9, [r1], #4\n"
        "ldrb lr, [r0], #1\n"
        "and r12, r8, r9\n"
        "and r9, r8, r9, lsr #8\n"
        PRODUCTS("r12", "r4", "r6")
        PRODUCTS("r9", "r5", "r7")
        ".endr\n"
        "cmp r1, r2\n"
        "bne.w 1b\n"
        "sub r4, r4, r6, lsl #16\n"
        "sub r5, r5, r7, lsl #16\n"
        "stm r3, {r4-r7}\n"
        "pop {r4-r10, pc}\n");
}

#elif defined(__arm__) && defined(__thumb__)

/* r2 input, r6 0x00ff00ff, `weights` of four channels; to sums modulo 2^32 and of upper halves */
#define PRODUCTS(weights)                                \
    "movs r5, " weights "\n"                             \
    "ands r5, r6\n"                                      \
    "lsrs " weights ", " weights ", #8\n"                \
    "ands " weights ", r6\n"                             \
    "muls r5, r2, r5\n"                                  \
    "muls " weights ", r2, " weights "\n"                \
    "adds r7, r7, r5\n"                                  \
    "lsrs r5, r5, #16\n"                                 \
    "add r9, r5\n"                                       \
    "add r8, " weights "\n"                              \
    "lsrs " weights ", " weights ", #16\n"               \
    "add r10, " weights "\n"

/* Two inputs at r0 + `first` and r0 + `second` */
#define TWO_INPUTS(first, second)     \
    "ldm r1!, {r3, r4}\n"             \
    "ldrb r2, [r0, #" first "]\n"     \
    PRODUCTS("r3")                    \
    "ldrb r2, [r0, #" second "]\n"    \
    PRODUCTS("r4")

__attribute__((naked)) void tq_fully_connected_paired_sums(__attribute__((unused)) const uint8_t *codes,
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
        "push {r4-r6}\n"
        "mov r12, r2\n"
        "movs r6, #0xff\n"
        "lsls r2, r6, #16\n"
        "orrs r6, r2\n"
        "movs r7, #0\n"
        "mov r8, r7\n"
        "mov r9, r7\n"
        "mov r10, r7\n"
        "1:\n"
        TWO_INPUTS("0", "1")
        TWO_INPUTS("2", "3")
        "adds r0, r0, #4\n"
        "cmp r1, r12\n"
        "bne 1b\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "lsls r1, r5, #16\n"
        "subs r3, r7, r1\n"
        "lsls r1, r6, #16\n"
        "mov r4, r8\n"
        "subs r4, r4, r1\n"
        "ldr r0, [sp, #12]\n"
        "stm r0!, {r3-r6}\n"
        "pop {r4-r6}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "pop {r3-r7, pc}\n");
}

#else

enum { HALVES = 0x00ff00ff };

void tq_fully_connected_paired_sums(const uint8_t *codes, const uint32_t *weights, const uint32_t *end, uint32_t *sums)
{
    uint32_t all0 = 0;
    uint32_t all1 = 0;
    uint32_t upper0 = 0;
    uint32_t upper1 = 0;

    do {
        const uint32_t code = *codes++;
        const uint32_t w = *weights++;
        const uint32_t even = code * (w & HALVES);
        const uint32_t odd = code * (w >> 8 & HALVES);

        all0 += even;
        upper0 += even >> 16;
        all1 += odd;
        upper1 += odd >> 16;
    } while (weights != end);
    sums[0] = all0 - (upper0 << 16);
    sums[1] = all1 - (upper1 << 16);
    sums[2] = upper0;
    sums[3] = upper1;
}

#endif

/* Brings a row to unsigned codes, and zeros for the surplus words; returns their sum. */
static uint32_t take_row(const int8_t *input, int32_t depth, int32_t words, uint8_t *codes)
{
    uint32_t sum = 0;

    for (int32_t k = 0; k < depth; ++k) {
        const uint32_t code = (uint32_t)(input[k] + 128);

        codes[k] = (uint8_t)code;
        sum += code;
    }
    for (int32_t k = depth; k < words; ++k) {
        codes[k] = 0;
    }
    return sum;
}

void tq_fully_connected_paired_s8(const tq_fully_connected_paired_s8_params *p, const int8_t *input, int8_t *output,
                                  uint8_t *codes)
{
    const tq_paired_s8_params *c = &p->channels;

    for (int32_t row = 0; row < p->rows; ++row) {
        const uint32_t excess = 128 * take_row(input, p->depth, c->words, codes);
        const uint32_t *weights = c->weights;

        for (int32_t channel = 0; channel < c->channels; channel += CHANNELS) {
            uint32_t sums[CHANNELS];

            tq_fully_connected_paired_sums(codes, weights, weights + c->words, sums);
            for (int32_t i = channel; i < channel + CHANNELS && i < c->channels; ++i) {
                const int32_t at = i * c->multiplier_step;
                const uint32_t sum = sums[i - channel] - excess + (uint32_t)c->bias[i];

                *output++ = tq_scale_right_code(
                    tq_scale_right_by(c->multiplier[at], c->shift[at], c->zero_point, c->min, c->max), (int32_t)sum);
            }
            weights += c->words;
        }
        input += p->depth;
    }
}
