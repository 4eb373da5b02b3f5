#ifndef TFLM_DECLS_SCHEMA_H
#define TFLM_DECLS_SCHEMA_H

#include <cstdint>

namespace tflite {

struct Model {
    uint32_t version() const;
};

const Model *GetModel(const void *buffer);

}  // namespace tflite

#endif
