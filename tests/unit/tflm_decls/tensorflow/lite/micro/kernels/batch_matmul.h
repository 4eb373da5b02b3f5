#ifndef TFLM_DECLS_BATCH_MATMUL_H
#define TFLM_DECLS_BATCH_MATMUL_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_BATCH_MATMUL_INT8();
}  // namespace tflite

#endif
