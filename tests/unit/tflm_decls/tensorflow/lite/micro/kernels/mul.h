#ifndef TFLM_DECLS_MUL_H
#define TFLM_DECLS_MUL_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_MUL_INT8();
}  // namespace tflite

#endif
