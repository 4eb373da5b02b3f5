#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>
#include <stdint.h>

#define MODEL_HASH "00000000000000aa"

enum { MODEL_INPUTS = 1, MODEL_OUTPUTS = 1, MODEL_LAYERS = 1, MODEL_STATES = 0 };

int model_init(void);
void model_reset(void);
void *model_input(size_t index);
size_t model_input_bytes(size_t index);
const void *model_output(size_t index);
size_t model_output_bytes(size_t index);
int model_invoke(void);
size_t model_arena_bytes(void);
#ifdef MODEL_OBSERVE
typedef void (*model_observer)(void *context, size_t layer, const void *output, size_t bytes);
int model_invoke_observed(model_observer observer, void *context);
#endif

#endif
