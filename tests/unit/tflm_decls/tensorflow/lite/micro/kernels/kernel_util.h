#ifndef TFLM_DECLS_KERNEL_UTIL_H
#define TFLM_DECLS_KERNEL_UTIL_H

#include "tensorflow/lite/c/common.h"

namespace tflite {
namespace micro {
TfLiteEvalTensor *GetEvalOutput(const TfLiteContext *context, const TfLiteNode *node, int index);
}
}  // namespace tflite

#endif
