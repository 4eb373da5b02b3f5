#include "tq_l2_normalization_s8.h"

#include "tq_fixed_point.h"
#include "tq_inverse_square_root.h"

enum { FRACTIONAL_BITS = 7 }; /* of the output */

void tq_l2_normalization_s8(int32_t rows, int32_t depth, int32_t input_zero_point, const int8_t *input, int8_t *output)
{
    for (int32_t row = 0; row < rows; ++row) {
        int32_t squares = 0;

        for (int32_t i = 0; i < depth; ++i) {
            const int32_t x = input[i] - input_zero_point;

            squares += x * x;
        }
        const tq_root root = tq_inverse_square_root(squares);

        for (int32_t i = 0; i < depth; ++i) {
            const int32_t x = input[i] - input_zero_point;

            output[i] = (int8_t)tq_clamp(tq_scale(x, root.multiplier, root.shift + FRACTIONAL_BITS), INT8_MIN, INT8_MAX);
        }
        input += depth;
        output += depth;
    }
}
