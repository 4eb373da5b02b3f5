/* Operators on two operands that are broadcast: how elements are paired. */
#ifndef TQ_BROADCAST_H
#define TQ_BROADCAST_H

#include <stdint.h>

#include "tq_nest.h"

typedef struct {
    tq_nest rows;     /* over rows of the output; strides[i] in operand i */
    int32_t columns;  /* length of a row */
    int32_t steps[2]; /* along a row, in each operand: 1, or 0 where it is broadcast */
} tq_broadcast;

/* Writes `result`, an expression of the elements a and b of two operands, for each element of the output. A macro, so
 * that the expression is compiled into the loop for each operator and type.
 */
#define TQ_BROADCAST(how, type, input_0, input_1, output_type, output, result)          \
    do {                                                                                \
        tq_nest_state row_ = {0};                                                       \
        output_type *to_ = (output);                                                    \
                                                                                        \
        do {                                                                            \
            const type *first_ = (input_0) + row_.offset[0];                            \
            const type *second_ = (input_1) + row_.offset[1];                           \
                                                                                        \
            for (int32_t column_ = 0; column_ < (how)->columns; ++column_) {            \
                const type a = *first_;                                                 \
                const type b = *second_;                                                \
                                                                                        \
                *to_++ = (output_type)(result);                                         \
                first_ += (how)->steps[0];                                              \
                second_ += (how)->steps[1];                                             \
            }                                                                           \
        } while (tq_nest_next(&(how)->rows, &row_));                                    \
    } while (0)

#endif
