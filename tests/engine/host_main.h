/* The interface of one generated model, as values. */
#ifndef HOST_MAIN_H
#define HOST_MAIN_H

#include <stddef.h>

typedef void (*host_observer)(void *context, size_t layer, const void *output, size_t bytes);

typedef struct {
    size_t inputs;
    size_t outputs;
    size_t layers;
    size_t states;
    int (*init)(void);
    void *(*input)(size_t index);
    size_t (*input_bytes)(size_t index);
    const void *(*output)(size_t index);
    size_t (*output_bytes)(size_t index);
    int (*invoke)(void);
    size_t (*arena_bytes)(void);
    int (*invoke_observed)(host_observer observer, void *context);
    void (*reset)(void);
} model_functions;

extern const model_functions *const cases[];
extern const size_t case_count;

#endif
