#include "tq_rows_f32.h"

#include "tq_math_f32.h"

static float largest_of(const float *row, int32_t depth)
{
    float largest = row[0];

    for (int32_t i = 1; i < depth; ++i) {
        largest = row[i] > largest ? row[i] : largest;
    }
    return largest;
}

void tq_softmax_f32(float beta, int32_t rows, int32_t depth, const float *input, float *output)
{
    for (int32_t row = 0; row < rows; ++row) {
        const float largest = largest_of(input, depth);
        float sum = 0.0f;

        for (int32_t i = 0; i < depth; ++i) {
            output[i] = tq_exp_f32((input[i] - largest) * beta);
            sum += output[i];
        }
        for (int32_t i = 0; i < depth; ++i) {
            output[i] /= sum;
        }
        input += depth;
        output += depth;
    }
}

void tq_log_softmax_f32(int32_t rows, int32_t depth, const float *input, float *output)
{
    for (int32_t row = 0; row < rows; ++row) {
        const float largest = largest_of(input, depth);
        float sum = 0.0f;

        for (int32_t i = 0; i < depth; ++i) {
            sum += tq_exp_f32(input[i] - largest);
        }
        const float log_sum = tq_log_f32(sum);

        for (int32_t i = 0; i < depth; ++i) {
            output[i] = input[i] - largest - log_sum;
        }
        input += depth;
        output += depth;
    }
}

void tq_l2_normalization_f32(int32_t rows, int32_t depth, const float *input, float *output)
{
    const float least = 1e-6f;

    for (int32_t row = 0; row < rows; ++row) {
        float squares = 0.0f;

        for (int32_t i = 0; i < depth; ++i) {
            squares += input[i] * input[i];
        }
        const float root = tq_sqrt_f32(squares);
        const float norm = root < least ? least : root;

        for (int32_t i = 0; i < depth; ++i) {
            output[i] = input[i] / norm;
        }
        input += depth;
        output += depth;
    }
}
