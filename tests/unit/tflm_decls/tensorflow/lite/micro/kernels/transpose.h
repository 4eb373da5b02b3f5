#ifndef TFLM_DECLS_TRANSPOSE_H
#define TFLM_DECLS_TRANSPOSE_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_TRANSPOSE_INT8();
}  // namespace tflite

#endif
