#ifndef TFLM_DECLS_RESOLVER_H
#define TFLM_DECLS_RESOLVER_H

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {

class MicroOpResolver {
   public:
    virtual const TFLMRegistration *FindOp(BuiltinOperator kind) const = 0;
    virtual const TFLMRegistration *FindOp(const char *name) const = 0;

   protected:
    ~MicroOpResolver() = default;
};

#define DECLARE_REGISTRATION(kind, method) TFLMRegistration Register_##kind();
EACH_OPERATOR(DECLARE_REGISTRATION)
#undef DECLARE_REGISTRATION

template <unsigned int tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
   public:
    const TFLMRegistration *FindOp(BuiltinOperator kind) const override;
    const TFLMRegistration *FindOp(const char *name) const override;
#define DECLARE_METHOD(kind, method) TfLiteStatus method(const TFLMRegistration &registration = Register_##kind());
    EACH_OPERATOR(DECLARE_METHOD)
#undef DECLARE_METHOD
#define DECLARE_METHOD(kind, method) TfLiteStatus method();
    EACH_OPERATOR_OF_ONE_KERNEL(DECLARE_METHOD)
#undef DECLARE_METHOD

   private:
    TFLMRegistration registrations_[tOpCount];
};

}  // namespace tflite

#endif
