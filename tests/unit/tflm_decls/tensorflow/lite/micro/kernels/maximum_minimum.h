#ifndef TFLM_DECLS_MAXIMUM_MINIMUM_H
#define TFLM_DECLS_MAXIMUM_MINIMUM_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_MAXIMUM_INT8();
TFLMRegistration Register_MINIMUM_INT8();
}  // namespace tflite

#endif
