/* The test harness: answers requests on the serial port. To use the model in an application of your own, take engine/
 * and model/ and call what model/model.h declares. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "counter.h"
#include "frame.h"
#include "measure.h"
#include "messages.h"
#include "model.h"
#include "stack.h"
#include "uart.h"

#define LENGTH(text) ((uint8_t)(sizeof(text) - 1))

/* Where the next input byte goes. */
static struct {
    uint8_t *at;
    size_t left;
    size_t tensor;
} cursor;

/* The last inference, kept so that a reply that got lost can be repeated. */
static struct {
    bool valid;
    uint16_t sequence;
    uint64_t ticks;
    uint32_t outputs_crc;
} last;

/* Inferences since the last RESET; before the first one unknown to the host, whatever it counts. */
static uint32_t inferences = UINT32_MAX;

#ifdef MODEL_OBSERVE
/* A layer-by-layer run: each layer's output stays readable until the host asks for the next one. */
static struct {
    bool running;
    bool abandoned;
    uint16_t sequence;
    size_t index;
    const void *output;
    size_t bytes;
    uint64_t ticks;
} layer;
#endif

static int init_status;
static bool has_counter;

static void reply_error(uint16_t sequence, uint8_t code, uint32_t detail) {
    frame_begin(MESSAGE_ERROR, sequence);
    frame_put_u8(code);
    frame_put_u32(detail);
    frame_end();
}

static void reply_empty(const struct frame *request, uint8_t type) {
    frame_begin(type, request->sequence);
    frame_end();
}

static void point_cursor(uint32_t offset) {
    cursor.at = NULL;
    cursor.left = 0;
    for (cursor.tensor = 0; cursor.tensor < MODEL_INPUTS; cursor.tensor++) {
        const size_t bytes = model_input_bytes(cursor.tensor);
        if (offset < bytes) {
            cursor.at = (uint8_t *)model_input(cursor.tensor) + offset;
            cursor.left = bytes - offset;
            return;
        }
        offset -= (uint32_t)bytes;
    }
}

/* False beyond the last input. */
static bool store_input(uint8_t byte) {
    while (cursor.left == 0) {
        if (cursor.tensor + 1 >= MODEL_INPUTS) {
            return false;
        }
        cursor.tensor++;
        cursor.at = model_input(cursor.tensor);
        cursor.left = model_input_bytes(cursor.tensor);
    }
    *cursor.at++ = byte;
    cursor.left--;
    return true;
}

static uint32_t inputs_bytes(void) {
    size_t bytes = 0;
    for (size_t i = 0; i < MODEL_INPUTS; i++) {
        bytes += model_input_bytes(i);
    }
    return (uint32_t)bytes;
}

static uint32_t inputs_crc(void) {
    uint32_t crc = 0;
    for (size_t i = 0; i < MODEL_INPUTS; i++) {
        crc = crc32(crc, model_input(i), model_input_bytes(i));
    }
    return crc;
}

static uint32_t outputs_crc(void) {
    uint32_t crc = 0;
    for (size_t i = 0; i < MODEL_OUTPUTS; i++) {
        crc = crc32(crc, model_output(i), model_output_bytes(i));
    }
    return crc;
}

static bool in_layer(void) {
#ifdef MODEL_OBSERVE
    return layer.running;
#else
    return false;
#endif
}

/* Part `index` of what OUTPUT reads; NULL after the last. */
static const uint8_t *readable(size_t index, size_t *bytes) {
#ifdef MODEL_OBSERVE
    if (layer.running) {
        *bytes = layer.bytes;
        return index == 0 ? layer.output : NULL;
    }
#endif
    if (index >= MODEL_OUTPUTS) {
        return NULL;
    }
    *bytes = model_output_bytes(index);
    return model_output(index);
}

static uint32_t readable_bytes(void) {
    size_t total = 0;
    size_t bytes;
    for (size_t i = 0; readable(i, &bytes) != NULL; i++) {
        total += bytes;
    }
    return (uint32_t)total;
}

static void put_readable(uint32_t offset, uint32_t length) {
    size_t bytes;
    const uint8_t *part;
    for (size_t i = 0; length > 0 && (part = readable(i, &bytes)) != NULL; i++) {
        if (offset >= bytes) {
            offset -= (uint32_t)bytes;
            continue;
        }
        const uint32_t here = length < bytes - offset ? length : (uint32_t)bytes - offset;
        frame_put(part + offset, here);
        length -= here;
        offset = 0;
    }
}

/* Payload of INPUT goes straight into the model's inputs; a damaged frame leaves them wrong, and is asked for again. */
static void take_payload(const struct frame *frame, uint32_t position, uint8_t byte) {
    if (frame->type != MESSAGE_INPUT || position < 4 || init_status != 0 || in_layer()) {
        return;
    }
    if (position == 4) {
        last.valid = false;
        point_cursor(frame_argument(frame, 0));
    }
    (void)store_input(byte);
}

static void on_hello(const struct frame *request) {
    frame_begin(MESSAGE_HELLO, request->sequence);
    frame_put_u8(LENGTH(MODEL_HASH));
    frame_put(MODEL_HASH, LENGTH(MODEL_HASH));
    frame_put_u8(LENGTH(MODEL_RUNTIME));
    frame_put(MODEL_RUNTIME, LENGTH(MODEL_RUNTIME));
    frame_put_u8(LENGTH(BOARD_COUNTER));
    frame_put(BOARD_COUNTER, LENGTH(BOARD_COUNTER));
#ifdef MODEL_OBSERVE
    frame_put_u8(1);
#else
    frame_put_u8(0);
#endif
    frame_put_u32((uint32_t)init_status);
    frame_put_u32((uint32_t)model_arena_bytes());
    frame_put_u32(BOARD_WINDOW_BYTES);
    frame_put_u16(MAXIMUM_REPLY);
    frame_put_u16(MODEL_LAYERS);
    frame_put_u16(MODEL_STATES);
    frame_put_u16(MODEL_INPUTS);
    for (size_t i = 0; i < MODEL_INPUTS; i++) {
        frame_put_u32((uint32_t)model_input_bytes(i));
    }
    frame_put_u16(MODEL_OUTPUTS);
    for (size_t i = 0; i < MODEL_OUTPUTS; i++) {
        frame_put_u32((uint32_t)model_output_bytes(i));
    }
    frame_end();
}

static void on_calibrate(const struct frame *request) {
    uint64_t empty = 0;
    uint64_t small = 0;
    uint64_t large = 0;
    if (has_counter) {
        reply_empty(request, MESSAGE_ACCEPTED);
        (void)measure(calibrate_empty, &empty);
        (void)measure(calibrate_short, &small);
        (void)measure(calibrate_long, &large);
    }
    frame_begin(MESSAGE_CALIBRATE, request->sequence);
    frame_put_u32(CALIBRATION_EMPTY);
    frame_put_u64(empty);
    frame_put_u32(CALIBRATION_SHORT);
    frame_put_u64(small);
    frame_put_u32(CALIBRATION_LONG);
    frame_put_u64(large);
    frame_end();
}

static void on_input(const struct frame *request) {
    const uint32_t offset = frame_argument(request, 0);
    const uint32_t total = inputs_bytes();
    if (request->bytes < 4 || offset > total || request->bytes - 4 > total - offset) {
        reply_error(request->sequence, ERROR_RANGE, total);
        return;
    }
    reply_empty(request, MESSAGE_INPUT);
}

static void on_load(const struct frame *request) {
    const uint32_t from = frame_argument(request, 0);
    const uint32_t offset = frame_argument(request, 1);
    const uint32_t length = frame_argument(request, 2);
    const uint32_t total = inputs_bytes();
    if (request->bytes < 12 || offset > total || length > total - offset || from > BOARD_WINDOW_BYTES ||
        length > BOARD_WINDOW_BYTES - from) {
        reply_error(request->sequence, ERROR_RANGE, total);
        return;
    }
    last.valid = false;
    point_cursor(offset);
    const volatile uint8_t *window = (const volatile uint8_t *)(BOARD_WINDOW_BASE + (uintptr_t)from);
    for (uint32_t i = 0; i < length; i++) {
        (void)store_input(window[i]);
    }
    reply_empty(request, MESSAGE_LOAD);
}

static void on_infer(const struct frame *request) {
    if (!last.valid || last.sequence != request->sequence) {
        last.valid = false;
        if (request->bytes < 4 || frame_argument(request, 0) != inputs_crc()) {
            reply_error(request->sequence, ERROR_INPUT, 0);
            return;
        }
        if (MODEL_STATES > 0 && (request->bytes < 8 || frame_argument(request, 1) != inferences)) {
            reply_error(request->sequence, ERROR_STATE, inferences);
            return;
        }
        reply_empty(request, MESSAGE_ACCEPTED);
        inferences++;
        const int status = measure(model_invoke, &last.ticks);
        if (status != 0) {
            reply_error(request->sequence, ERROR_MODEL, (uint32_t)status);
            return;
        }
        if (*stack_limit != STACK_PAINT) {
            reply_error(request->sequence, ERROR_STACK, 0);
            return;
        }
        last.outputs_crc = outputs_crc();
        last.sequence = request->sequence;
        last.valid = true;
    }
    const uint32_t total = readable_bytes();
    frame_begin(MESSAGE_INFER, request->sequence);
    frame_put_u64(last.ticks);
    frame_put_u32(stack_used());
    frame_put_u32(last.outputs_crc);
    put_readable(0, total < MAXIMUM_REPLY ? total : MAXIMUM_REPLY);
    frame_end();
}

static void on_output(const struct frame *request) {
    const uint32_t offset = frame_argument(request, 0);
    const uint32_t length = frame_argument(request, 1);
    const uint32_t total = readable_bytes();
    if (request->bytes < 8 || offset > total || length > total - offset || length > MAXIMUM_REPLY) {
        reply_error(request->sequence, ERROR_RANGE, total);
        return;
    }
    frame_begin(MESSAGE_OUTPUT, request->sequence);
    put_readable(offset, length);
    frame_end();
}

static void on_reset(const struct frame *request) {
    last.valid = false;
    inferences = 0;
    model_reset();
    reply_empty(request, MESSAGE_RESET);
}

static void on_stack(const struct frame *request) {
    frame_begin(MESSAGE_STACK, request->sequence);
    frame_put_u32(stack_used());
    frame_put_u32((uint32_t)((uintptr_t)stack_top - (uintptr_t)stack_limit));
    frame_end();
}

static void on_layers(const struct frame *request);

static void handle(const struct frame *request) {
    if (request->type != MESSAGE_HELLO && init_status != 0) {
        reply_error(request->sequence, ERROR_MODEL, (uint32_t)init_status);
        return;
    }
    switch (request->type) {
        case MESSAGE_HELLO:
            on_hello(request);
            break;
        case MESSAGE_CALIBRATE:
            on_calibrate(request);
            break;
        case MESSAGE_INPUT:
            on_input(request);
            break;
        case MESSAGE_LOAD:
            on_load(request);
            break;
        case MESSAGE_INFER:
            on_infer(request);
            break;
        case MESSAGE_OUTPUT:
            on_output(request);
            break;
        case MESSAGE_LAYERS:
            on_layers(request);
            break;
        case MESSAGE_STACK:
            on_stack(request);
            break;
        case MESSAGE_RESET:
            on_reset(request);
            break;
        default:
            reply_error(request->sequence, ERROR_UNKNOWN, request->type);
            break;
    }
}

static bool receive(struct frame *request) {
    if (frame_receive(request, take_payload)) {
        return true;
    }
    reply_error(FRAME_UNSOLICITED, ERROR_DAMAGED, 0);
    return false;
}

#ifdef MODEL_OBSERVE

static void reply_layer(uint16_t sequence) {
    frame_begin(MESSAGE_LAYERS, sequence);
    frame_put_u32((uint32_t)layer.index);
    frame_put_u64(layer.ticks);
    frame_put_u32((uint32_t)layer.bytes);
    frame_put_u32(crc32(0, layer.output, layer.bytes));
    frame_end();
}

/* Called by the model after each layer: serves the host until it asks for the next one, or for something else. */
static void on_layer_done(void *context, size_t index, const void *output, size_t bytes) {
    (void)context;
    layer.ticks = counter_ticks();
    layer.index = index;
    layer.output = output;
    layer.bytes = bytes;
    if (layer.abandoned) {
        return;
    }
    reply_layer(layer.sequence);
    for (;;) {
        struct frame request;
        if (!receive(&request)) {
            continue;
        }
        layer.sequence = request.sequence;
        if (request.type == MESSAGE_LAYERS && frame_argument(&request, 0) == index) {
            reply_layer(request.sequence);
        } else if (request.type == MESSAGE_LAYERS && frame_argument(&request, 0) == index + 1) {
            reply_empty(&request, MESSAGE_ACCEPTED);
            break;
        } else if (request.type == MESSAGE_OUTPUT || request.type == MESSAGE_HELLO || request.type == MESSAGE_STACK) {
            handle(&request);
        } else {
            layer.abandoned = true;
            break;
        }
    }
    counter_start();
}

static void on_layers(const struct frame *request) {
    const uint32_t index = frame_argument(request, 0);
    layer.sequence = request->sequence;
    if (request->bytes >= 8 && index == 0) {
        last.valid = false;
        inferences = UINT32_MAX;
        if (frame_argument(request, 1) != inputs_crc()) {
            reply_error(request->sequence, ERROR_INPUT, 0);
            return;
        }
        reply_empty(request, MESSAGE_ACCEPTED);
        layer.running = true;
        layer.abandoned = false;
        counter_start();
        const int status = model_invoke_observed(on_layer_done, NULL);
        layer.running = false;
        if (layer.abandoned) {
            reply_error(layer.sequence, ERROR_ABANDONED, 0);
            return;
        }
        if (status != 0) {
            reply_error(layer.sequence, ERROR_MODEL, (uint32_t)status);
            return;
        }
    } else if (index != MODEL_LAYERS) {
        reply_error(request->sequence, ERROR_ABANDONED, 0);
        return;
    }
    layer.index = MODEL_LAYERS;
    layer.bytes = 0;
    layer.ticks = 0;
    reply_layer(layer.sequence);
}

#else

static void on_layers(const struct frame *request) { reply_error(request->sequence, ERROR_UNAVAILABLE, 0); }

#endif

int main(void) {
    uart_init();
    has_counter = counter_init() != 0;
    init_status = model_init();
    for (;;) {
        struct frame request;
        if (receive(&request)) {
            handle(&request);
        }
    }
}
