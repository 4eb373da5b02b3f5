# TensorFlow Lite Micro, as upstream's make leaves it: TFLM_ROOT is a checkout of https://github.com/tensorflow/tflite-micro
# in which the `microlite` target was built for this core.
set(TFLM_ROOT "" CACHE PATH "Checkout of tflite-micro with the library built by upstream's make")
set(TFLM_LIBRARY "" CACHE FILEPATH "libtensorflow-microlite.a (empty: the one under TFLM_ROOT/gen that fits the core)")

set(how "Give -DTFLM_ROOT=<checkout of https://github.com/tensorflow/tflite-micro> in which the library libtensorflow-microlite.a \
was built for this core with upstream's `microlite` make target; tensorflow/lite/micro/docs/new_platform_support.md and \
tensorflow/lite/micro/cortex_m_generic/README.md of that checkout explain how.")
if(NOT TFLM_ROOT)
  message(FATAL_ERROR "TINYQ_RUNTIME=tflm needs TensorFlow Lite Micro. ${how}")
endif()
get_filename_component(TFLM_ROOT "${TFLM_ROOT}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
if(NOT EXISTS "${TFLM_ROOT}/tensorflow/lite/micro/micro_interpreter.h")
  message(FATAL_ERROR "TFLM_ROOT=${TFLM_ROOT} holds no TensorFlow Lite Micro. ${how}")
endif()
include(${CMAKE_CURRENT_SOURCE_DIR}/cmake/tflm_core.cmake)

if(NOT TFLM_LIBRARY)
  file(GLOB found "${TFLM_ROOT}/gen/*_${TFLM_ARCHITECTURE}_*/lib/libtensorflow-microlite.a")
  list(LENGTH found count)
  if(count EQUAL 0)
    message(FATAL_ERROR "TFLM_ROOT=${TFLM_ROOT} holds no library built with TARGET_ARCH=${TFLM_ARCHITECTURE}. ${how}")
  elseif(count GREATER 1)
    list(JOIN found "\n  " listed)
    message(FATAL_ERROR "Several libraries fit; choose one with -DTFLM_LIBRARY=...\n  ${listed}")
  endif()
  set(TFLM_LIBRARY "${found}")
endif()

# A program must be compiled with the library's own definitions: they change the layout of structs
set(TFLM_DEFINITIONS TF_LITE_STATIC_MEMORY TF_LITE_DISABLE_X86_NEON)
if(TFLM_LIBRARY MATCHES "_release")
  list(APPEND TFLM_DEFINITIONS TF_LITE_STRIP_ERROR_STRINGS NDEBUG)
endif()
if(TFLM_LIBRARY MATCHES "cmsis_nn")
  list(APPEND TFLM_DEFINITIONS CMSIS_NN)
endif()

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_EXTENSIONS ON)
set(downloads "${TFLM_ROOT}/tensorflow/lite/micro/tools/make/downloads")

add_library(model STATIC tflm/model_tflm.cc model/model_data.cc)
target_compile_options(model PRIVATE
  -Wall -Wextra -Wshadow -Werror -Os
  -fno-rtti -fno-exceptions -fno-threadsafe-statics -fno-unwind-tables -fno-asynchronous-unwind-tables)
target_compile_definitions(model PRIVATE ${TFLM_DEFINITIONS})
target_include_directories(model SYSTEM PRIVATE
  "${TFLM_ROOT}" "${downloads}" "${downloads}/flatbuffers/include" "${downloads}/gemmlowp" "${downloads}/ruy"
  "${downloads}/kissfft" "${downloads}/cmsis" "${downloads}/cmsis_nn" "${downloads}/cmsis_nn/Include")
target_link_libraries(model PUBLIC "${TFLM_LIBRARY}")
