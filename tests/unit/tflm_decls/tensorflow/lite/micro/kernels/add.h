#ifndef TFLM_DECLS_ADD_H
#define TFLM_DECLS_ADD_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_ADD_INT8();
}  // namespace tflite

#endif
