/* As much of TensorFlow Lite Micro's declarations as emitted code uses, written for the tests. */
#ifndef TFLM_DECLS_COMMON_H
#define TFLM_DECLS_COMMON_H

#include <cstddef>
#include <cstdint>

enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };

struct TfLiteContext;
struct TfLiteNode;

union TfLitePtrUnion {
    void *data;
    uint8_t *uint8;
    char *raw;
};

struct TfLiteTensor {
    TfLitePtrUnion data;
    size_t bytes;
};

struct TfLiteEvalTensor {
    TfLitePtrUnion data;
};

struct TFLMRegistration {
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);
    void (*free)(TfLiteContext *context, void *buffer);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
    void (*reset)(TfLiteContext *context, void *buffer);
    int32_t builtin_code;
    const char *custom_name;
};

#endif
