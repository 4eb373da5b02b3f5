#ifndef TFLM_DECLS_POOLING_H
#define TFLM_DECLS_POOLING_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_AVERAGE_POOL_2D_INT8();
TFLMRegistration Register_MAX_POOL_2D_INT8();
}  // namespace tflite

#endif
