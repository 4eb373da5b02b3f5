#ifndef TFLM_DECLS_SVDF_H
#define TFLM_DECLS_SVDF_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_SVDF_INT8();
}  // namespace tflite

#endif
