/* Ticks of a function, and functions of known length to calibrate with. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

enum {
    CALIBRATION_EMPTY = 1,                      /* instructions of calibrate_empty(), its return included */
    CALIBRATION_SHORT = 3 + 2 * (1 << 16),      /* of calibrate_short() */
    CALIBRATION_LONG = 3 + 2 * (3 * (1 << 16)), /* of calibrate_long() */
};

int calibrate_empty(void);
int calibrate_short(void);
int calibrate_long(void);

/* Run a function and return its result; its ticks go to `ticks`. */
int measure(int (*run)(void), uint64_t *ticks);

#endif
