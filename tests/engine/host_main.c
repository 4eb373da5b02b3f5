/* Runs models on inputs from standard input, once observed and once not, and checks that both give the same. Models that
 * keep something between inferences run once for each sample, and again on the first one after a reset.
 *
 * Input, for each model: a 32-bit number of samples, then the inputs of each sample.
 * Output, for each sample: a 32-bit number of layers; for each layer a 32-bit size and that many bytes; the outputs.
 */
#include "host_main.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_INPUTS = 256 };

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void put(const void *bytes, size_t count)
{
    if (fwrite(bytes, 1, count, stdout) != count) {
        fail("cannot write");
    }
}

static void put_number(size_t number)
{
    const uint32_t value = (uint32_t)number;

    put(&value, sizeof value);
}

static void get(void *bytes, size_t count)
{
    if (fread(bytes, 1, count, stdin) != count) {
        fail("input ends early");
    }
}

static void observe(void *context, size_t layer, const void *output, size_t bytes)
{
    size_t *expected = context;

    if (layer != (*expected)++) {
        fail("layers are not observed in order");
    }
    put_number(bytes);
    put(output, bytes);
}

static size_t total_output_bytes(const model_functions *model)
{
    size_t total = 0;

    for (size_t i = 0; i < model->outputs; ++i) {
        total += model->output_bytes(i);
    }
    return total;
}

static void copy_outputs(const model_functions *model, uint8_t *to)
{
    for (size_t i = 0; i < model->outputs; ++i) {
        memcpy(to, model->output(i), model->output_bytes(i));
        to += model->output_bytes(i);
    }
}

static void set_inputs(const model_functions *model, uint8_t *const *inputs)
{
    for (size_t i = 0; i < model->inputs; ++i) {
        memcpy(model->input(i), inputs[i], model->input_bytes(i));
    }
}

/* Runs the model on the same inputs, not observed; the outputs must be the same. */
static void run_again(const model_functions *model, uint8_t *const *inputs, const uint8_t *outputs)
{
    const size_t output_bytes = total_output_bytes(model);
    uint8_t *again = malloc(output_bytes);

    set_inputs(model, inputs);
    if (model->invoke() != 0) {
        fail("inference failed");
    }
    copy_outputs(model, again);
    if (memcmp(outputs, again, output_bytes) != 0) {
        fail("the second inference differs from the first");
    }
    free(again);
}

static void run_samples(const model_functions *model, uint32_t samples)
{
    const size_t output_bytes = total_output_bytes(model);
    static uint8_t *inputs[2][MAX_INPUTS]; /* of the first sample, and of a later one */
    uint8_t *outputs[2] = {malloc(output_bytes), malloc(output_bytes)};

    for (size_t i = 0; i < model->inputs; ++i) {
        inputs[0][i] = malloc(model->input_bytes(i));
        inputs[1][i] = malloc(model->input_bytes(i));
    }
    for (uint32_t sample = 0; sample < samples; ++sample) {
        const size_t which = sample == 0 ? 0 : 1;
        size_t observed = 0;

        for (size_t i = 0; i < model->inputs; ++i) {
            get(inputs[which][i], model->input_bytes(i));
        }
        set_inputs(model, inputs[which]);
        put_number(model->layers);
        if (model->invoke_observed(observe, &observed) != 0 || observed != model->layers) {
            fail("observed inference failed");
        }
        copy_outputs(model, outputs[which]);
        put(outputs[which], output_bytes);
        if (model->states == 0) {
            run_again(model, inputs[which], outputs[which]);
        }
    }
    model->reset();
    if (samples > 0) {
        run_again(model, inputs[0], outputs[0]);
    }
    for (size_t i = 0; i < model->inputs; ++i) {
        free(inputs[0][i]);
        free(inputs[1][i]);
    }
    free(outputs[0]);
    free(outputs[1]);
}

int main(void)
{
    for (size_t i = 0; i < case_count; ++i) {
        const model_functions *model = cases[i];
        uint32_t samples;

        if (model->inputs > MAX_INPUTS || model->init() != 0 || model->arena_bytes() == 0) {
            fail("model cannot be run");
        }
        if (model->input(model->inputs) != NULL || model->input_bytes(model->inputs) != 0 ||
            model->output(model->outputs) != NULL || model->output_bytes(model->outputs) != 0) {
            fail("there is something beyond the last input or output");
        }
        get(&samples, sizeof samples);
        run_samples(model, samples);
    }
    return 0;
}
