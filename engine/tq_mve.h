/* What the kernels for the M-profile vector extension (Helium) share: requantization of four outputs at a time, as text
 * for inline assembler.
 *
 * VQRDMULH is tq_multiply_high for each lane. VRSHL rounds ties up where tq_divide_by_power_of_two rounds them away from
 * zero; TQ_MVE_TIES subtracts 1 from negative numbers first, which makes them equal for shifts to the right by 1 or more.
 * After a fused activation that begins at the zero point, all negative numbers become the same, and it is not needed.
 *
 * For each output channel a kernel reads two words: (bias << 5 | 32 - right shift), and the multiplier. OR NOT with 31
 * leaves minus the right shift of the first, an arithmetic shift the bias.
 */
#ifndef TQ_MVE_H
#define TQ_MVE_H

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define TQ_MVE 1
#else
#define TQ_MVE 0
#endif

/* Subtracts 1 from the negative lanes of a vector; `temporary` is another vector. */
#define TQ_MVE_TIES(vector, temporary)                       \
    "vshr.s32  " temporary ", " vector ", #31\n\t"           \
    "vadd.i32  " vector ", " vector ", " temporary "\n\t"
#define TQ_MVE_NO_TIES(vector, temporary)

/* Sums of four pixels, of one channel in r0, r2, r4, r6 and of another one in r8, r10, r12, lr: to q4 and q5. */
#define TQ_MVE_SUMS_TO_VECTORS                \
    "vmov      q4[2], q4[0], r0, r4\n\t"      \
    "vmov      q4[3], q4[1], r2, r6\n\t"      \
    "vmov      q5[2], q5[0], r8, r12\n\t"     \
    "vmov      q5[3], q5[1], r10, lr\n\t"

/* Requantizes the sums, with the words of both channels from [r5]!, and interleaves them as 16-bit numbers:
 * pixel 0 of the first channel, of the second one, pixel 1 of the first channel, ...
 */
#define TQ_MVE_REQUANTIZE_PAIR(destination)         \
    TQ_MVE_SUMS_TO_VECTORS                          \
    "ldm       r5!, {r0, r2, r4, r6}\n\t"           \
    "asr       r8, r0, #5\n\t"                      \
    "asr       r10, r4, #5\n\t"                     \
    "vadd.i32  q4, q4, r8\n\t"                      \
    "vadd.i32  q5, q5, r10\n\t"                     \
    "vqrdmulh.s32 q4, q4, r2\n\t"                   \
    "vqrdmulh.s32 q5, q5, r6\n\t"                   \
    "orn       r0, r0, #31\n\t"                     \
    "orn       r4, r4, #31\n\t"                     \
    TQ_MVE_TIES("q4", destination)                  \
    TQ_MVE_TIES("q5", destination)                  \
    "vrshl.s32 q4, r0\n\t"                          \
    "vrshl.s32 q5, r4\n\t"                          \
    "vqmovnb.s32 " destination ", q4\n\t"           \
    "vqmovnt.s32 " destination ", q5\n\t"

/* The same after a ReLU, where zero point and min are -128 and max is 127, with addend and multiplier of tq_scale_once.h
 * as words of a channel: a doubling high multiply and a narrowing shift by 11 divide by 2^42. The latter rounds, which
 * whoever finds the words has to know; the form that does not is not used, as GNU as 2.40 encodes it as this one.
 */
#define TQ_MVE_REQUANTIZE_PAIR_ONCE(destination)    \
    TQ_MVE_SUMS_TO_VECTORS                          \
    "ldm       r5!, {r0, r2, r4, r6}\n\t"           \
    "vshl.i32  q4, q4, #8\n\t"                      \
    "vshl.i32  q5, q5, #8\n\t"                      \
    "vadd.i32  q4, q4, r0\n\t"                      \
    "vadd.i32  q5, q5, r4\n\t"                      \
    "vqdmulh.s32 q4, q4, r2\n\t"                    \
    "vqdmulh.s32 q5, q5, r6\n\t"                    \
    "vqrshrnb.s32 " destination ", q4, #11\n\t"     \
    "vqrshrnt.s32 " destination ", q5, #11\n\t"

/* Codes of four pixels times four channels to q4, from 16-bit numbers: of channels 0 and 2 in q7, of 1 and 3 in q6. The
 * first form is for codes that want nothing but limits of 8 bits; for the other one, zero point and limits, each four
 * times in a word, are at [r11, zero] and [r11, limits].
 */
#define TQ_MVE_FINISH_FOUR_ONCE                 \
    "vqmovnb.s16 q4, q7\n\t"                    \
    "vqmovnt.s16 q4, q6\n\t"
#define TQ_MVE_FINISH_FOUR                      \
    "ldr       r0, [r11, %[zero]]\n\t"          \
    "ldrd      r2, r4, [r11, %[limits]]\n\t"    \
    "vqadd.s16 q7, q7, r0\n\t"                  \
    "vqadd.s16 q6, q6, r0\n\t"                  \
    "vqmovnb.s16 q4, q7\n\t"                    \
    "vqmovnt.s16 q4, q6\n\t"                    \
    "vdup.32   q5, r2\n\t"                      \
    "vmax.s8   q4, q4, q5\n\t"                  \
    "vdup.32   q5, r4\n\t"                      \
    "vmin.s8   q4, q4, q5\n\t"

/* Every register that such a block may change, but r11, which holds the address of what it works on. */
#define TQ_MVE_CLOBBERS                                                                                          \
    "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "q0", "q1", "q2", "q3", "q4", "q5", \
        "q6", "q7", "cc", "memory"

#endif
