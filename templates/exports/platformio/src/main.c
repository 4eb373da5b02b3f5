/* Runs the model on an input of zeros; put your own in its place. */
#include <string.h>

#include "model.h"

int main(void)
{
    if (model_init() != 0) {
        return 1;
    }
    for (;;) {
        memset(model_input(0), 0, model_input_bytes(0));
        if (model_invoke() != 0) {
            return 1;
        }
    }
}
