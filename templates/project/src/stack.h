/* How deep the stack has ever been: startup paints it, and the lowest word that lost its paint tells. */
#ifndef STACK_H
#define STACK_H

#include <stdint.h>

#define STACK_PAINT 0xdeadbeefu

extern uint32_t stack_limit[]; /* lowest address, by the linker */
extern uint32_t stack_top[];   /* one past the highest address */

/* Bytes of stack used since reset, at most. */
uint32_t stack_used(void);

#endif
