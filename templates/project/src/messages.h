/* Message types. Requests come from the host; a reply has the request's sequence number. */
#ifndef MESSAGES_H
#define MESSAGES_H

enum {
    MESSAGE_HELLO = 1,     /* -> HELLO: what runs here */
    MESSAGE_CALIBRATE = 2, /* -> ACCEPTED, CALIBRATE: ticks of loops with a known number of instructions */
    MESSAGE_INPUT = 3,     /* offset, bytes... -> INPUT: written into the model's inputs */
    MESSAGE_LOAD = 4,      /* window offset, input offset, length -> LOAD: the same, out of the window memory */
    MESSAGE_INFER = 5,     /* CRC-32 of all inputs, of a model with states also how many inferences there were since the
                              last RESET -> ACCEPTED, INFER: ticks, stack, CRC-32 and start of the outputs */
    MESSAGE_OUTPUT = 6,    /* offset, length -> OUTPUT: bytes of the outputs, or of the layer just reached */
    MESSAGE_LAYERS = 7,    /* layer, CRC-32 of all inputs -> ACCEPTED, LAYERS: that layer was just computed */
    MESSAGE_STACK = 8,     /* -> STACK: most bytes of stack ever used, bytes reserved */
    MESSAGE_ACCEPTED = 9,
    MESSAGE_FAULT = 10,
    MESSAGE_ERROR = 11, /* code, detail */
    MESSAGE_RESET = 12, /* -> RESET: the model has forgotten what it keeps between inferences */
};

enum {
    ERROR_DAMAGED = 1,     /* what came was no frame */
    ERROR_UNKNOWN = 2,     /* no such message */
    ERROR_RANGE = 3,       /* beyond the inputs, the outputs or the window */
    ERROR_INPUT = 4,       /* the inputs are not those that the CRC-32 was made for */
    ERROR_MODEL = 5,       /* the model reported the error in `detail` */
    ERROR_UNAVAILABLE = 6, /* not in this build */
    ERROR_ABANDONED = 7,   /* a layer-by-layer run was given up */
    ERROR_STACK = 8,       /* the stack was used up to its end, or beyond */
    ERROR_STATE = 9,       /* the inferences since the last RESET are not as many as the host counted */
};

enum { FRAME_UNSOLICITED = 0xffff, MAXIMUM_REPLY = 1024 };

#endif
