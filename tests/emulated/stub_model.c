/* A stand-in for a model, for tests of the harness: the first input byte says what it does. */
#include "model.h"

enum { BYTES = 16 };

static uint8_t arena[2 * BYTES];

int model_init(void) { return 0; }

void model_reset(void) {}

void *model_input(size_t index) { return index == 0 ? arena : NULL; }

size_t model_input_bytes(size_t index) { return index == 0 ? BYTES : 0; }

const void *model_output(size_t index) { return index == 0 ? &arena[BYTES] : NULL; }

size_t model_output_bytes(size_t index) { return index == 0 ? BYTES : 0; }

size_t model_arena_bytes(void) { return sizeof(arena); }

int deep(volatile uint8_t *below);
int act(uint32_t what);

/* As good as endless: each call keeps a piece of the stack. */
__attribute__((noinline)) int deep(volatile uint8_t *below) {
    volatile uint8_t here[64];
    if (arena[1] != 0) {
        return 0;
    }
    here[0] = (uint8_t)(below[0] + 1);
    return deep(here) + here[0];
}

__attribute__((noinline)) int act(uint32_t what) {
    switch (what) {
        case 'd': /* there is nothing at this address */
            return *(volatile int *)0xe0200000u;
        case 'u':
            __asm__ volatile("udf #7");
            return 0;
        case 's': {
            volatile uint8_t start = 0;
            return deep(&start);
        }
        case 'h':
            for (;;) {
                __asm__ volatile("");
            }
        case 'e':
            return -77;
        default:
            for (size_t i = 0; i < BYTES; i++) {
                arena[BYTES + i] = (uint8_t)(arena[i] + 1);
            }
            /* inference may overwrite its inputs */
            arena[0] = 0;
            return 0;
    }
}

#ifdef EXACT_LOOP
/* 3 + 2 * 5000 + 2 instructions, return included */
__attribute__((naked)) int model_invoke(void) {
    __asm__ volatile(
        ".syntax unified\n"
        "movs r0, #(5000 / 40)\n"
        "movs r1, #40\n"
        "muls r0, r1\n"
        "1: subs r0, r0, #1\n"
        "bne 1b\n"
        "movs r0, #0\n"
        "bx lr\n");
}
#else
int model_invoke(void) { return act(arena[0]); }
#endif

#ifdef MODEL_OBSERVE
int model_invoke_observed(model_observer observer, void *context) {
    const int status = model_invoke();
    observer(context, 0, &arena[BYTES], BYTES);
    return status;
}
#endif
