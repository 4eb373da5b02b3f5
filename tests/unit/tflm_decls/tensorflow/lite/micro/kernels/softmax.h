#ifndef TFLM_DECLS_SOFTMAX_H
#define TFLM_DECLS_SOFTMAX_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_SOFTMAX_INT8();
}  // namespace tflite

#endif
