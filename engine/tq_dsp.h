/* Instructions of the DSP extension that C has no expression for. */
#ifndef TQ_DSP_H
#define TQ_DSP_H

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__)

#include <stdint.h>

/* The upper half of a * b + addend * 2^32. */
static inline int32_t tq_smmla(int32_t a, int32_t b, int32_t addend)
{
    int32_t result;

    __asm__("smmla %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(addend));
    return result;
}

/* As tq_smmla, rounded. */
static inline int32_t tq_smmlar(int32_t a, int32_t b, int32_t addend)
{
    int32_t result;

    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(addend));
    return result;
}

/* x limited to eight bits. */
static inline int32_t tq_ssat8(int32_t x)
{
    int32_t result;

    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(x));
    return result;
}

/* Bytes 0 and 2 of x as halves, extended with their signs. */
static inline uint32_t tq_even_bytes(uint32_t x)
{
    uint32_t result;

    __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(x));
    return result;
}

/* Bytes 1 and 3. */
static inline uint32_t tq_odd_bytes(uint32_t x)
{
    uint32_t result;

    __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(x));
    return result;
}

/* Sums of halves. */
static inline uint32_t tq_sadd16(uint32_t a, uint32_t b)
{
    uint32_t result;

    __asm__("sadd16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b) : "cc");
    return result;
}

/* Differences of halves. */
static inline uint32_t tq_ssub16(uint32_t a, uint32_t b)
{
    uint32_t result;

    __asm__("ssub16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b) : "cc");
    return result;
}

/* Adds bytes 0 and 2 of x to the halves of a sum. */
static inline uint32_t tq_add_even_bytes(uint32_t sum, uint32_t x)
{
    uint32_t result;

    __asm__("sxtab16 %0, %1, %2" : "=r"(result) : "r"(sum), "r"(x));
    return result;
}

/* Adds bytes 1 and 3 of x to the halves of a sum. */
static inline uint32_t tq_add_odd_bytes(uint32_t sum, uint32_t x)
{
    uint32_t result;

    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(sum), "r"(x));
    return result;
}

#endif
#endif
