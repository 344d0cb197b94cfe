/* Rows to the terminal or a file, in the output modes users know: box, tableau (Flink's), csv, tsv, json, jsonlines, markdown, line.
 * Unbounded results are written row by row in columns of fixed width with a leading op column (+I -U +U -D); bounded ones are kept and
 * fitted to their content in the modes that draw tables. One Render per result; not thread-safe. stdout carries rows only. */
#ifndef WEIR_SHELL_RENDER_H
#define WEIR_SHELL_RENDER_H
#include "engine/type/batch.h"
#include "engine/type/datetime.h"
#include <stdio.h>

typedef enum OutputMode { OUTPUT_BOX, OUTPUT_TABLEAU, OUTPUT_CSV, OUTPUT_TSV, OUTPUT_JSON, OUTPUT_JSONLINES, OUTPUT_MARKDOWN, OUTPUT_LINE, OUTPUT_MODE_COUNT } OutputMode;
extern const char *const output_mode_names[OUTPUT_MODE_COUNT];
int output_mode_find(Str name);                  /* -1 if unknown; accepts Flink's result-mode words too (table, changelog -> box, tableau) */

typedef struct RenderOptions {
    OutputMode mode;
    bool streaming;                              /* show the op column, write rows at once */
    bool quiet;                                  /* no footer */
    uint32_t max_column_width;                   /* table.display.max-column-width; 0 = 30 */
    const Zone *zone;
    FILE *out, *footer;                          /* rows; count line (stderr), NULL = none */
} RenderOptions;

typedef struct Render Render;
/* Column names and types; types NULL = all text (SHOW, DESCRIBE): NULL cells then print empty. */
Render *render_new(const RenderOptions *options, const Str *names, const Type *const *types, uint32_t ncols);
/* All live rows of a batch with the given columns. */
void render_batch(Render *render, const Batch *batch);
/* One row of text cells (ptr NULL = NULL). */
void render_text_row(Render *render, const Str *cells);
uint64_t render_count(const Render *render);
/* Draws what is kept, the closing line and the footer; frees. seconds < 0: no time shown. */
void render_end(Render *render, bool cancelled, double seconds);
#endif
