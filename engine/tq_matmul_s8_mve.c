#include "tq_matmul_s8_mve.h"

#include "tq_tile_s8_mve.h"

#if TQ_MVE

#include <stdbool.h>
#include <string.h>

static inline void matmul(const tq_matmul_s8_mve_params *p, tq_dot_s8_mve_function dot, const int8_t *input,
                          int8_t *output, int8_t *scratch)
{
    const int32_t pitch = p->dot.channels;
    int8_t *const tile = scratch;
    int8_t *const outputs = scratch + 64 * p->dot.steps;
    tq_dot_s8_mve_work work;

    tq_dot_s8_mve_prepare(&p->dot, tile + TQ_TILE_INPUTS, &work);
    for (int32_t row = 0; row < p->rows; row += 4) {
        const int32_t left = p->rows - row;
        const bool direct = left >= 4 && p->columns == pitch; /* else by way of scratch, to write nothing past the end */

        /* whole vectors are read only where nothing past the end is */
        if (left >= 4 && (p->depth % 16 == 0 || (left - 4) * p->depth >= 15)) {
            tq_tile_pixels(input, p->depth, tile);
        } else {
            for (int32_t i = 0; i < 4 && i < left; ++i) {
                tq_tile_pixel(input + i * p->depth, p->depth, tile + 16 * i);
            }
        }
        dot(&work, direct ? output : outputs);
        if (!direct) {
            for (int32_t i = 0; i < 4 && i < left; ++i) {
                memcpy(output + i * p->columns, outputs + i * pitch, (size_t)p->columns);
            }
        }
        input += 4 * p->depth;
        output += 4 * p->columns;
    }
}

void tq_matmul_s8_mve(const tq_matmul_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch)
{
    matmul(p, tq_dot_s8_mve, input, output, scratch);
}

void tq_matmul_s8_mve_relu(const tq_matmul_s8_mve_params *p, const int8_t *input, int8_t *output, int8_t *scratch)
{
    matmul(p, tq_dot_s8_mve_relu, input, output, scratch);
}

#endif
