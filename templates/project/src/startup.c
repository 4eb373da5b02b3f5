/* From reset to main(): stack painted and guarded, variables set up, traps and floating point switched on. */
#include <stdint.h>

#include "board.h"
#include "fault.h"
#include "stack.h"

#define CPACR (*(volatile uint32_t *)0xe000ed88u)
#define CCR (*(volatile uint32_t *)0xe000ed14u)
#define CCR_UNALIGNED_TRAP (1u << 3)
#define CCR_DIVIDE_BY_ZERO_TRAP (1u << 4)
#define MPU_TYPE (*(volatile uint32_t *)0xe000ed90u)
#define MPU_CONTROL (*(volatile uint32_t *)0xe000ed94u)
#define MPU_REGION (*(volatile uint32_t *)0xe000ed98u)
#define MPU_BASE (*(volatile uint32_t *)0xe000ed9cu)
#define MPU_ATTRIBUTES (*(volatile uint32_t *)0xe000eda0u)
#define MPU_CONTROL_ENABLE (1u << 0 | 1u << 2)                          /* else the default map */
#define MPU_READ_ONLY_256_BYTES (1u << 28 | 5u << 24 | 7u << 1 | 1u)    /* no execution, no writes */

typedef void (*handler)(void);

extern uint32_t data_load[], data_start[], data_end[];
extern uint32_t bss_start[], bss_end[];
extern uint32_t arena_start[], arena_end[];
extern const handler init_array_start[], init_array_end[];

int main(void);
void reset_handler(void);

/* Stack pointer and 15 system exceptions. No interrupt is ever enabled. */
struct vectors {
    uint32_t *stack;
    handler handlers[15];
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    .stack = stack_top,
    .handlers = {reset_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
                 fault_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
                 fault_handler, fault_handler, fault_handler},
};

static void fill(uint32_t *from, const uint32_t *to, uint32_t value) {
    while (from < to) {
        *(volatile uint32_t *)from++ = value;
    }
}

/* Everything below this function's own frame. */
static inline __attribute__((always_inline)) void paint_stack(void) {
    uint32_t *here;
    __asm__ volatile("mov %0, sp" : "=r"(here));
    fill(stack_limit, here - 16, STACK_PAINT);
}

/* An overflow becomes a fault. Below the stack there may be other memory, or a hole that swallows writes. */
static inline __attribute__((always_inline)) void guard_stack(void) {
#if __ARM_ARCH >= 8
    __asm__ volatile("msr msplim, %0" ::"r"(stack_limit));
#else
    if (MPU_TYPE != 0) {
        MPU_REGION = 0;
        MPU_BASE = (uint32_t)(uintptr_t)stack_limit;
        MPU_ATTRIBUTES = MPU_READ_ONLY_256_BYTES;
        MPU_CONTROL = MPU_CONTROL_ENABLE;
        __asm__ volatile("dsb\n isb" ::: "memory");
    }
#endif
}

#ifdef BOARD_SETUP
/* Clocks and pins of the serial port. */
static void set_up_board(void) {
    static const struct {
        uint32_t address;
        uint32_t clear;
        uint32_t set;
    } writes[] = {BOARD_SETUP};
    for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        volatile uint32_t *const at = (volatile uint32_t *)(uintptr_t)writes[i].address;
        *at = (*at & ~writes[i].clear) | writes[i].set;
    }
}
#endif

void reset_handler(void) {
    paint_stack();
    guard_stack();
    for (uint32_t *to = data_start, *from = data_load; to < data_end;) {
        *(volatile uint32_t *)to++ = *from++;
    }
    fill(bss_start, bss_end, 0);
    fill(arena_start, arena_end, 0);
#if BOARD_CORE_HAS_FPU
    CPACR |= 0xfu << 20;
    __asm__ volatile("dsb\n isb" ::: "memory");
#endif
#if BOARD_CORE_UNALIGNED
    CCR |= CCR_DIVIDE_BY_ZERO_TRAP;
#else
    CCR |= CCR_UNALIGNED_TRAP; /* always so on this core; where a larger one stands in, it must be told */
#endif
#ifdef BOARD_SETUP
    set_up_board();
#endif
    for (const handler *init = init_array_start; init < init_array_end; init++) {
        (*init)();
    }
    (void)main();
    for (;;) {
    }
}
