#include "tq_depthwise_conv_plane_relu_s8.h"

#include "tq_plane_s8.h"
#include "tq_scale_once.h"

/* What is the same for all outputs of a channel. */
typedef struct {
    const int8_t *weights;
    int32_t width; /* of the plane */
    int32_t step;  /* from output to output */
    int32_t addend;
    int32_t multiplier;
} channel;

/* The output of the filter at x. */
static inline int8_t filtered(const channel *c, const int8_t *x)
{
    const int8_t *w = c->weights;
    const int8_t *y = x + c->width;
    const int8_t *z = y + c->width;
    const int32_t sum = x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + y[0] * w[3] + y[1] * w[4] + y[2] * w[5] +
                        z[0] * w[6] + z[1] * w[7] + z[2] * w[8];

    return tq_scale_once(sum, c->addend, c->multiplier);
}

#if defined(__arm__) && defined(__thumb2__)

/* Products of six inputs of a row from r0 with three weights from r1, for four outputs; `begin` is mla, or mul for the
 * first row.
 */
#define ROW(weight0, weight1, weight2, begin, and0, and1, and2, and3) \
    "ldrsb r8, [r1, #" weight0 "]\n"                                  \
    "ldrsb r9, [r1, #" weight1 "]\n"                                  \
    "ldrsb r10, [r1, #" weight2 "]\n"                                 \
    "ldrsb r11, [r0]\n"                                               \
    "ldrsb r12, [r0, #1]\n"                                           \
    begin " r4, r11, r8" and0 "\n"                                    \
    begin " r5, r12, r8" and1 "\n"                                    \
    "mla r4, r12, r9, r4\n"                                           \
    "ldrsb r11, [r0, #2]\n"                                           \
    "ldrsb r12, [r0, #3]\n"                                           \
    begin " r6, r11, r8" and2 "\n"                                    \
    begin " r7, r12, r8" and3 "\n"                                    \
    "mla r4, r11, r10, r4\n"                                          \
    "mla r5, r11, r9, r5\n"                                           \
    "mla r5, r12, r10, r5\n"                                          \
    "mla r6, r12, r9, r6\n"                                           \
    "ldrsb r11, [r0, #4]\n"                                           \
    "ldrsb r12, [r0, #5]\n"                                           \
    "add r0, r0, r2\n"                                                \
    "mla r6, r11, r10, r6\n"                                          \
    "mla r7, r11, r9, r7\n"                                           \
    "mla r7, r12, r10, r7\n"

#define ADDITIONAL_ROW(weight0, weight1, weight2) ROW(weight0, weight1, weight2, "mla", ", r4", ", r5", ", r6", ", r7")

/* The code of a sum; addend and multiplier in r8 and r9 */
#define CODE(sum)                            \
    "add " sum ", r8, " sum ", lsl #8\n"     \
    "smull r10, " sum ", " sum ", r9\n"      \
    "ssat " sum ", #8, " sum ", asr #10\n"   \
    "strb " sum ", [r3]\n"                   \
    "add r3, r3, lr\n"

/* Four outputs of a row at a time, `fours` times; returns x behind them. */
__attribute__((naked)) static const int8_t *filter_fours(__attribute__((unused)) const int8_t *x,
                                                         __attribute__((unused)) const channel *c,
                                                         __attribute__((unused)) int8_t *output,
                                                         __attribute__((unused)) int32_t fours)
{
    __asm__ volatile(
        "push {r1, r3, r4-r11, lr}\n"
        "mov r3, r2\n"
        "ldm r1, {r1, r2, lr}\n"
        ".balign 4\n"
        "1:\n"
        ROW("0", "1", "2", "mul", "", "", "", "")
        ADDITIONAL_ROW("3", "4", "5")
        ADDITIONAL_ROW("6", "7", "8")
        "ldr r8, [sp]\n"
        "ldr r10, [sp, #4]\n"
        "ldrd r8, r9, [r8, #12]\n"
        "sub r0, r0, r2\n"
        "sub r0, r0, r2, lsl #1\n"
        "adds r0, r0, #4\n"
        "subs r11, r10, #1\n"
        "str r11, [sp, #4]\n"
        CODE("r4")
        CODE("r5")
        CODE("r6")
        CODE("r7")
        "cmp r11, #0\n"
        "bne.w 1b\n"
        "pop {r1, r3, r4-r11, pc}\n");
}

static void filter_rows(const tq_conv_shape *s, const channel *c, const int8_t *plane, int8_t *output)
{
    const int32_t fours = s->output_width / 4;
    const int32_t rest = s->output_width % 4;

    for (int32_t rows = s->output_height; rows > 0; --rows) {
        const int8_t *x = plane;

        if (fours > 0) {
            x = filter_fours(x, c, output, fours);
            output += 4 * fours * c->step;
        }
        for (int32_t left = rest; left > 0; --left) {
            *output = filtered(c, x++);
            output += c->step;
        }
        plane += c->width;
    }
}

#else

static void filter_rows(const tq_conv_shape *s, const channel *c, const int8_t *plane, int8_t *output)
{
    for (int32_t rows = s->output_height; rows > 0; --rows) {
        for (int32_t x = 0; x < s->output_width; ++x) {
            *output = filtered(c, plane + x);
            output += c->step;
        }
        plane += c->width;
    }
}

#endif

static void filter_rows_by_2(const tq_conv_shape *s, const channel *c, const int8_t *plane, int8_t *output)
{
    for (int32_t rows = s->output_height; rows > 0; --rows) {
        for (int32_t x = 0; x < s->output_width; ++x) {
            *output = filtered(c, plane + 2 * x);
            output += c->step;
        }
        plane += 2 * c->width;
    }
}

void tq_depthwise_conv_plane_relu_s8(const tq_depthwise_conv_plane_relu_s8_params *p, const int8_t *input,
                                     int8_t *output, int8_t *plane)
{
    const tq_conv_shape *s = &p->shape;
    const int32_t width = (s->output_width - 1) * s->stride_width + 3;
    const int32_t channels = s->input_channels;

    tq_clear_plane(s, p->input_zero_point, width, plane);
    for (int32_t batch = 0; batch < s->batches; ++batch) {
        for (int32_t i = 0; i < channels; ++i) {
            const channel c = {p->weights + 9 * i, width, channels, p->scales[2 * i], p->scales[2 * i + 1]};

            tq_fill_plane(s, input + i, width, plane);
            if (s->stride_width == 1) {
                filter_rows(s, &c, plane, output + i);
            } else {
                filter_rows_by_2(s, &c, plane, output + i);
            }
        }
        input += s->input_height * s->input_width * channels;
        output += s->output_height * s->output_width * channels;
    }
}
