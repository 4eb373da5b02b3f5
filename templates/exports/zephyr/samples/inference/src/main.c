/* Runs the model once on an input of zeros and prints the bytes of its first output. */
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include "model.h"

int main(void)
{
    if (model_init() != 0) {
        printk("model_init failed\n");
        return 1;
    }
    memset(model_input(0), 0, model_input_bytes(0));
    if (model_invoke() != 0) {
        printk("model_invoke failed\n");
        return 1;
    }
    const int8_t *output = model_output(0);
    printk("output:");
    for (size_t i = 0; i < model_output_bytes(0); i++) {
        printk(" %d", output[i]);
    }
    printk("\n");
    return 0;
}
