/* Dot products for the vector extension: four pixels times all output channels, the inner part of convolutions. */
#ifndef TQ_DOT_S8_MVE_H
#define TQ_DOT_S8_MVE_H

#include <stdint.h>

typedef struct {
    int32_t steps;         /* inputs per output channel, in vectors of 16; weights are padded with zeros */
    int32_t channels;      /* output channels, padded to a multiple of 4 */
    const int8_t *weights; /* of the channels c and c + 2, then c + 1 and c + 3: [step][2][16]; for each c % 4 = 0 */
    const int32_t *scales; /* two words for each channel (see tq_mve.h), in the same order */
    int32_t zero_point;
    int32_t min; /* fused activation */
    int32_t max;
} tq_dot_s8_mve_params;

/* What the assembler works on; prepared once for a layer. */
typedef struct {
    const int8_t *inputs; /* of the last pixel, its second step */
    uint32_t loops;       /* of four steps, of which the first one skips some code */
    const int8_t *weights;
    const int32_t *scales;
    const int32_t *scales_end;
    uint32_t skipped;    /* bytes of code of the first loop */
    uint32_t offsets[4]; /* of the four pixels in the output, less 4 */
    uint32_t address[4]; /* of their next outputs, less 4 */
    int8_t *output;
    int32_t zero_point;
    uint32_t min; /* four times */
    uint32_t max;
} tq_dot_s8_mve_work;

enum {
    TQ_TILE_INPUTS = 64,                       /* where, in a tile, what tq_dot_s8_mve_prepare takes is */
    TQ_PATCH_PITCH = 56,                       /* from pixel to pixel */
    TQ_PATCH_INPUTS = 3 * TQ_PATCH_PITCH + 16, /* as TQ_TILE_INPUTS */
};

/* inputs: In what holds those of four pixels, aligned to 4 bytes; either a tile, [steps][4 pixels][16], or for few steps
 * patches, [4 pixels][TQ_PATCH_PITCH].
 */
void tq_dot_s8_mve_prepare(const tq_dot_s8_mve_params *p, const int8_t *inputs, tq_dot_s8_mve_work *work);

/* From a tile: writes 4 pixels of p->channels bytes to `output`, which is aligned to 4 bytes. */
void tq_dot_s8_mve(tq_dot_s8_mve_work *work, int8_t *output);

/* The same after a ReLU, where min and zero point are -128 and max is 127; scales are those of tq_scale_once.h. */
void tq_dot_s8_mve_relu(tq_dot_s8_mve_work *work, int8_t *output);

/* The same for patches. */
void tq_dot_patches_s8_mve(tq_dot_s8_mve_work *work, int8_t *output);
void tq_dot_patches_s8_mve_relu(tq_dot_s8_mve_work *work, int8_t *output);

typedef void (*tq_dot_s8_mve_function)(tq_dot_s8_mve_work *work, int8_t *output);

#endif
