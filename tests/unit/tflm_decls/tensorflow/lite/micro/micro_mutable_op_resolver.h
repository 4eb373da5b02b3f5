#ifndef TFLM_DECLS_RESOLVER_H
#define TFLM_DECLS_RESOLVER_H

#include "tensorflow/lite/c/common.h"

namespace tflite {

class MicroOpResolver {
   public:
    virtual const TFLMRegistration *FindOp(const char *name) const = 0;

   protected:
    ~MicroOpResolver() = default;
};

#define EACH_OPERATOR(X)                                                                                              \
    X(ADD, AddAdd) X(AVERAGE_POOL_2D, AddAveragePool2D) X(CONCATENATION, AddConcatenation) X(CONV_2D, AddConv2D)        \
    X(DEPTHWISE_CONV_2D, AddDepthwiseConv2D) X(DEQUANTIZE, AddDequantize) X(FULLY_CONNECTED, AddFullyConnected)         \
    X(LOGISTIC, AddLogistic) X(MAX_POOL_2D, AddMaxPool2D) X(MEAN, AddMean) X(MUL, AddMul) X(PAD, AddPad)                \
    X(QUANTIZE, AddQuantize) X(RELU, AddRelu) X(RELU6, AddRelu6) X(RESHAPE, AddReshape) X(SOFTMAX, AddSoftmax)

#define DECLARE_REGISTRATION(kind, method) TFLMRegistration Register_##kind();
EACH_OPERATOR(DECLARE_REGISTRATION)
#undef DECLARE_REGISTRATION

template <unsigned int tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
   public:
    const TFLMRegistration *FindOp(const char *name) const override;
#define DECLARE_METHOD(kind, method) TfLiteStatus method(const TFLMRegistration &registration = Register_##kind());
    EACH_OPERATOR(DECLARE_METHOD)
#undef DECLARE_METHOD

   private:
    TFLMRegistration registrations_[tOpCount];
};

}  // namespace tflite

#endif
