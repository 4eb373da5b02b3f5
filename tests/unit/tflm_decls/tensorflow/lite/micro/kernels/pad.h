#ifndef TFLM_DECLS_PAD_H
#define TFLM_DECLS_PAD_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_PAD_INT8();
}  // namespace tflite

#endif
