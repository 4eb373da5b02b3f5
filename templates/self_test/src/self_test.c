/* The self-test, in place of main.c with -DTINYQ_SELF_TEST=ON: runs the samples that the program carries, holds the
 * outputs against the reference's, and says in text how many are equal, and how many correct. A byte on the serial port
 * runs it again. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "self_test.h"
#include "uart.h"

static void put_text(const char *text) {
    for (; *text != '\0'; text++) {
        uart_write((uint8_t)*text);
    }
}

static void put_number(uint32_t value) {
    if (value >= 10) {
        put_number(value / 10);
    }
    uart_write((uint8_t)('0' + value % 10));
}

static void write_inputs(const uint8_t *from) {
    for (size_t i = 0; i < MODEL_INPUTS; i++) {
        uint8_t *const to = model_input(i);
        const size_t bytes = model_input_bytes(i);
        for (size_t n = 0; n < bytes; n++) {
            to[n] = *from++;
        }
    }
}

static bool outputs_are(const uint8_t *expected) {
    bool equal = true;
    for (size_t i = 0; i < MODEL_OUTPUTS; i++) {
        const uint8_t *const found = model_output(i);
        const size_t bytes = model_output_bytes(i);
        for (size_t n = 0; n < bytes; n++) {
            equal &= found[n] == *expected++;
        }
    }
    return equal;
}

#if SELF_TEST_CLASSES > 0

/* The first of the highest scores. */
static uint32_t class_found(void) {
    const self_test_score *const scores = model_output(0);
    uint32_t best = 0;
    for (uint32_t i = 1; i < SELF_TEST_CLASSES; i++) {
        if (scores[i] > scores[best]) {
            best = i;
        }
    }
    return best;
}

#endif

static void run(void) {
    uint32_t equal = 0;
#if SELF_TEST_CLASSES > 0
    uint32_t correct = 0;
#endif
    model_reset();
    for (uint32_t n = 0; n < SELF_TEST_SAMPLES; n++) {
        write_inputs(self_test_inputs[n]);
        const int status = model_invoke();
        const bool same = status == 0 && outputs_are(self_test_outputs[n]);
        equal += same ? 1 : 0;
        put_text("sample ");
        put_number(n);
        put_text(status != 0 ? ": inference failed" : same ? ": equal" : ": differs");
#if SELF_TEST_CLASSES > 0
        const uint32_t found = class_found();
        correct += status == 0 && found == self_test_labels[n] ? 1 : 0;
        put_text(", class ");
        put_number(found);
        put_text(" for ");
        put_number(self_test_labels[n]);
#endif
        put_text("\r\n");
    }
    put_text("SELF-TEST ");
    put_number(equal);
    put_text(" of ");
    put_number(SELF_TEST_SAMPLES);
    put_text(" equal");
#if SELF_TEST_CLASSES > 0
    put_text(", ");
    put_number(correct);
    put_text(" of ");
    put_number(SELF_TEST_SAMPLES);
    put_text(" correct");
#endif
    put_text("\r\n");
}

int main(void) {
    uart_init();
    const int status = model_init();
    for (;;) {
        if (status == 0) {
            run();
        } else {
            put_text("SELF-TEST failed: the model could not be set up\r\n");
        }
        (void)uart_read();
    }
}
