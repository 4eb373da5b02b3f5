#include "tq_add_s8_mve.h"

#include "tq_mve.h"

#if TQ_MVE

#include <stddef.h>
#include <string.h>

enum { HALF_SHIFT = 19 }; /* a headroom of 20 bits, and a factor of 1/2 */
enum { LANES = 8 };

/* What the assembler works on. Codes times a unit plus an offset are (code - zero point) << shift. */
typedef struct {
    const int8_t *first;
    const int8_t *second;
    int8_t *output;
    int32_t vectors;
    int32_t first_offset;
    int32_t second_offset;
    int32_t second_multiplier;
    int32_t second_shift;
    int32_t multiplier;
    int32_t shift;
    int32_t zero_point;
    int32_t first_unit;
    int32_t second_unit;
    uint32_t min; /* four times */
    uint32_t max;
} work;

/* Sums of four codes to `sum`; `widen` takes every other one of those in q0 and q1 */
#define FOUR_SUMS(widen, ties, sum)             \
    widen " q3, q1\n\t"                         \
    "vmlas.s32 q3, q7, r4\n\t"                  \
    "vqrdmulh.s32 q3, q3, r5\n\t"               \
    TQ_MVE_TIES("q3", sum)                      \
    widen " " sum ", q0\n\t"                    \
    "vrshl.s32 q3, r6\n\t"                      \
    "vmlas.s32 " sum ", q6, r3\n\t"             \
    "vadd.i32  " sum ", " sum ", q3\n\t"        \
    "vqrdmulh.s32 " sum ", " sum ", r8\n\t"     \
    ties(sum, "q3")                             \
    "vrshl.s32 " sum ", r9\n\t"

/* Eight sums at a time; `limit` limits the codes in q4 */
#define ALL_SUMS(ties, limit)                   \
    "ldrd      r3, r4, [r11, %[units]]\n\t"     \
    "vdup.32   q6, r3\n\t"                      \
    "vdup.32   q7, r4\n\t"                      \
    "ldm       r11, {r0, r1, r2, r3, r4, r5, r6, r8, r9, r10, r12}\n\t" \
    "dls       lr, r3\n\t"                      \
    "mov       r3, r4\n\t"                      \
    "mov       r4, r5\n\t"                      \
    "mov       r5, r6\n\t"                      \
    "mov       r6, r8\n\t"                      \
    "mov       r8, r9\n\t"                      \
    "mov       r9, r10\n"                       \
    "1:\n\t"                                    \
    "vldrb.s16 q0, [r0], #8\n\t"                \
    "vldrb.s16 q1, [r1], #8\n\t"                \
    FOUR_SUMS("vmovlb.s16", ties, "q4")         \
    FOUR_SUMS("vmovlt.s16", ties, "q5")         \
    "vqmovnb.s32 q4, q4\n\t"                    \
    "vqmovnt.s32 q4, q5\n\t"                    \
    "vqadd.s16 q4, q4, r12\n\t"                 \
    "vqmovnb.s16 q4, q4\n\t"                    \
    limit                                       \
    "vstrb.16  q4, [r2], #8\n\t"                \
    "le        lr, 1b"

#define NO_LIMIT
#define LIMIT                                   \
    "ldrd      r9, r10, [r11, %[limits]]\n\t"   \
    "vdup.32   q0, r9\n\t"                      \
    "vmax.s8   q4, q4, q0\n\t"                  \
    "vdup.32   q0, r10\n\t"                     \
    "vmin.s8   q4, q4, q0\n\t"                  \
    "ldr       r9, [r11, %[shift]]\n\t"

#define DEFINE_SUMS(name, ties, limit)                                                                        \
    static void name(const work *sums)                                                                        \
    {                                                                                                         \
        register const work *w __asm__("r11") = sums;                                                         \
                                                                                                              \
        __asm__ volatile(ALL_SUMS(ties, limit)                                                                \
                         :                                                                                    \
                         : "r"(w), [units] "i"(offsetof(work, first_unit)), [limits] "i"(offsetof(work, min)), \
                           [shift] "i"(offsetof(work, shift))                                                 \
                         : TQ_MVE_CLOBBERS);                                                                  \
    }

DEFINE_SUMS(any_sums, TQ_MVE_TIES, LIMIT)
DEFINE_SUMS(relu_sums, TQ_MVE_NO_TIES, NO_LIMIT)

static inline void add(const tq_add_s8_mve_params *p, void (*sums)(const work *w), const int8_t *first,
                       const int8_t *second, int8_t *output)
{
    const int32_t rest = p->count % LANES;
    const int32_t whole = p->count - rest;
    work w = {
        .first = first,
        .second = second,
        .output = output,
        .vectors = whole / LANES,
        .first_offset = -p->zero_points[0] * (1 << HALF_SHIFT),
        .second_offset = -p->zero_points[1] * (1 << p->second_left_shift),
        .second_multiplier = p->second_multiplier,
        .second_shift = p->second_shift,
        .multiplier = p->multiplier,
        .shift = p->shift,
        .zero_point = p->output_zero_point,
        .first_unit = 1 << HALF_SHIFT,
        .second_unit = 1 << p->second_left_shift,
        .min = (uint8_t)p->output_min * UINT32_C(0x01010101),
        .max = (uint8_t)p->output_max * UINT32_C(0x01010101),
    };

    if (whole > 0) {
        sums(&w);
    }
    if (rest > 0) {
        int8_t a[LANES] = {0};
        int8_t b[LANES] = {0};
        int8_t sum[LANES];

        memcpy(a, first + whole, (size_t)rest);
        memcpy(b, second + whole, (size_t)rest);
        w.first = a;
        w.second = b;
        w.output = sum;
        w.vectors = 1;
        sums(&w);
        memcpy(output + whole, sum, (size_t)rest);
    }
}

void tq_add_s8_mve(const tq_add_s8_mve_params *p, const int8_t *first, const int8_t *second, int8_t *output)
{
    add(p, any_sums, first, second, output);
}

void tq_add_s8_mve_relu(const tq_add_s8_mve_params *p, const int8_t *first, const int8_t *second, int8_t *output)
{
    add(p, relu_sums, first, second, output);
}

#endif
