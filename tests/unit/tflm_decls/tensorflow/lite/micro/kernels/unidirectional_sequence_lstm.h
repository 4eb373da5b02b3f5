#ifndef TFLM_DECLS_UNIDIRECTIONAL_SEQUENCE_LSTM_H
#define TFLM_DECLS_UNIDIRECTIONAL_SEQUENCE_LSTM_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
TFLMRegistration Register_UNIDIRECTIONAL_SEQUENCE_LSTM_INT8();
}  // namespace tflite

#endif
