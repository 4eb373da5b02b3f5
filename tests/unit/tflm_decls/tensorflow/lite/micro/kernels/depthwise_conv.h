#ifndef TFLM_DECLS_DEPTHWISE_CONV_H
#define TFLM_DECLS_DEPTHWISE_CONV_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_DEPTHWISE_CONV_2D_INT8();
}  // namespace tflite

#endif
