/* The counter that tells how long an inference runs. Under an emulator whose virtual time advances by a fixed step per
 * instruction it counts instructions; on silicon it counts clock ticks. One driver file implements it. */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdint.h>

/* "too long for this counter" */
#define COUNTER_OVERFLOW UINT64_MAX

/* 1 if there is a counter, 0 if there is none (then ticks are always 0). */
int counter_init(void);
/* Start again from zero. */
void counter_start(void);
/* Ticks since counter_start(), or COUNTER_OVERFLOW. */
uint64_t counter_ticks(void);

#endif
