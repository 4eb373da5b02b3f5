#ifndef TFLM_DECLS_SCHEMA_H
#define TFLM_DECLS_SCHEMA_H

#include <cstdint>

/* The operators, and the resolver's methods that add them. */
#define EACH_OPERATOR(X)                                                                                              \
    X(ABS, AddAbs) X(ADD, AddAdd) X(ADD_N, AddAddN) X(ARG_MAX, AddArgMax) X(ARG_MIN, AddArgMin)                       \
    X(ASSIGN_VARIABLE, AddAssignVariable) X(AVERAGE_POOL_2D, AddAveragePool2D) X(BATCH_MATMUL, AddBatchMatMul)        \
    X(BATCH_TO_SPACE_ND, AddBatchToSpaceNd) X(BROADCAST_ARGS, AddBroadcastArgs) X(BROADCAST_TO, AddBroadcastTo)       \
    X(CALL_ONCE, AddCallOnce) X(CAST, AddCast) X(CEIL, AddCeil) X(CONCATENATION, AddConcatenation)                    \
    X(CONV_2D, AddConv2D) X(COS, AddCos) X(CUMSUM, AddCumSum) X(DEPTHWISE_CONV_2D, AddDepthwiseConv2D)                \
    X(DEPTH_TO_SPACE, AddDepthToSpace) X(DEQUANTIZE, AddDequantize) X(DIV, AddDiv) X(ELU, AddElu)                     \
    X(EMBEDDING_LOOKUP, AddEmbeddingLookup) X(EQUAL, AddEqual) X(EXP, AddExp) X(EXPAND_DIMS, AddExpandDims)           \
    X(FILL, AddFill) X(FLOOR, AddFloor) X(FLOOR_DIV, AddFloorDiv) X(FLOOR_MOD, AddFloorMod)                           \
    X(FULLY_CONNECTED, AddFullyConnected) X(GATHER, AddGather) X(GATHER_ND, AddGatherNd) X(GREATER, AddGreater)       \
    X(GREATER_EQUAL, AddGreaterEqual) X(HARD_SWISH, AddHardSwish) X(L2_NORMALIZATION, AddL2Normalization)             \
    X(L2_POOL_2D, AddL2Pool2D) X(LEAKY_RELU, AddLeakyRelu) X(LESS, AddLess) X(LESS_EQUAL, AddLessEqual)               \
    X(LOG, AddLog) X(LOGICAL_AND, AddLogicalAnd) X(LOGICAL_NOT, AddLogicalNot) X(LOGICAL_OR, AddLogicalOr)            \
    X(LOGISTIC, AddLogistic) X(LOG_SOFTMAX, AddLogSoftmax) X(MAXIMUM, AddMaximum) X(MAX_POOL_2D, AddMaxPool2D)        \
    X(MEAN, AddMean) X(MINIMUM, AddMinimum) X(MIRROR_PAD, AddMirrorPad) X(MUL, AddMul) X(NEG, AddNeg)                 \
    X(NOT_EQUAL, AddNotEqual) X(PACK, AddPack) X(PAD, AddPad) X(PADV2, AddPadV2) X(PRELU, AddPrelu)                   \
    X(QUANTIZE, AddQuantize) X(READ_VARIABLE, AddReadVariable) X(REDUCE_ALL, AddReduceAll)                            \
    X(REDUCE_MAX, AddReduceMax) X(REDUCE_MIN, AddReduceMin) X(RELU, AddRelu) X(RELU6, AddRelu6)                       \
    X(RESHAPE, AddReshape) X(RESIZE_BILINEAR, AddResizeBilinear) X(REVERSE_V2, AddReverseV2) X(ROUND, AddRound)       \
    X(RSQRT, AddRsqrt) X(SELECT_V2, AddSelectV2) X(SHAPE, AddShape) X(SIN, AddSin) X(SLICE, AddSlice)                 \
    X(SOFTMAX, AddSoftmax) X(SPACE_TO_BATCH_ND, AddSpaceToBatchNd) X(SPACE_TO_DEPTH, AddSpaceToDepth)                 \
    X(SPLIT, AddSplit) X(SPLIT_V, AddSplitV) X(SQRT, AddSqrt) X(SQUARE, AddSquare)                                    \
    X(SQUARED_DIFFERENCE, AddSquaredDifference) X(SQUEEZE, AddSqueeze) X(STRIDED_SLICE, AddStridedSlice)              \
    X(SUB, AddSub) X(SUM, AddSum) X(SVDF, AddSvdf) X(TANH, AddTanh) X(TRANSPOSE, AddTranspose)                        \
    X(TRANSPOSE_CONV, AddTransposeConv) X(UNIDIRECTIONAL_SEQUENCE_LSTM, AddUnidirectionalSequenceLSTM)                \
    X(UNPACK, AddUnpack) X(VAR_HANDLE, AddVarHandle) X(ZEROS_LIKE, AddZerosLike)

/* Of these the method takes no registration. */
#define EACH_OPERATOR_OF_ONE_KERNEL(X) X(DYNAMIC_UPDATE_SLICE, AddDynamicUpdateSlice) X(RESIZE_NEAREST_NEIGHBOR, AddResizeNearestNeighbor)

namespace tflite {

#define DECLARE_KIND(kind, method) BuiltinOperator_##kind,
enum BuiltinOperator { EACH_OPERATOR(DECLARE_KIND) EACH_OPERATOR_OF_ONE_KERNEL(DECLARE_KIND) };
#undef DECLARE_KIND

struct Model {
    uint32_t version() const;
};

const Model *GetModel(const void *buffer);

}  // namespace tflite

#endif
