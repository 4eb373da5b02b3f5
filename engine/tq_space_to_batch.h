/* SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND of any type. */
#ifndef TQ_SPACE_TO_BATCH_H
#define TQ_SPACE_TO_BATCH_H

#include <stdint.h>

/* Space is [batches][height][width] pixels, with padding around it divided into blocks; in batches, the pixels at one
 * place of all blocks make an image: [block_height * block_width * batches][rows][columns].
 */
typedef struct {
    int32_t batches;
    int32_t height;
    int32_t width;
    int32_t block_height;
    int32_t block_width;
    int32_t rows;
    int32_t columns;
    int32_t padding_top;
    int32_t padding_left;
    int32_t pixel_bytes;
    int32_t fill; /* what each byte of padding holds; unused by tq_batch_to_space */
} tq_space_to_batch_params;

void tq_space_to_batch(const tq_space_to_batch_params *p, const void *input, void *output);
void tq_batch_to_space(const tq_space_to_batch_params *p, const void *input, void *output);

#endif
