#ifndef TFLM_DECLS_TRANSPOSE_CONV_H
#define TFLM_DECLS_TRANSPOSE_CONV_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_TRANSPOSE_CONV_INT8();
}  // namespace tflite

#endif
