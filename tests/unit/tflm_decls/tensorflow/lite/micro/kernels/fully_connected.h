#ifndef TFLM_DECLS_FULLY_CONNECTED_H
#define TFLM_DECLS_FULLY_CONNECTED_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_FULLY_CONNECTED_INT8();
}  // namespace tflite

#endif
