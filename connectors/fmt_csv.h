/* The csv format, in two files: fmt_csv_read.c (decoder) and fmt_csv_write.c (encoder, option rows, check). Private to them and table.c.
 * Behaviour measured on Flink 2.3 (which reads and writes CSV through Jackson). */
#ifndef WEIR_CONNECTORS_FMT_CSV_H
#define WEIR_CONNECTORS_FMT_CSV_H
#include "connectors/format.h"
extern const FormatDef format_csv;

typedef struct CsvConf {
    Str delimiter;              /* one character, 1..4 bytes */
    char quote, escape;         /* 0 = none */
    bool comments, ignore_errors, scientific, has_null;
    Str null_literal, array_delimiter;
} CsvConf;
/* Reads the options of the format; false with E_OPTION. Texts live in arena. */
bool csv_conf(Arena *arena, const Options *options, const char *prefix, CsvConf *out, Err *err) MUST_CHECK;

Decoder *csv_decoder_new(const FormatSpec *spec, Err *err);
bool csv_decode(Decoder *decoder, Str bytes, BatchBuilder *builder, RowDone *done, void *done_ctx, uint64_t *skipped, Err *err);
void csv_decoder_free(Decoder *decoder);
int64_t csv_record_len(Decoder *decoder, const char *p, const char *end);
Encoder *csv_encoder_new(const FormatSpec *spec, Err *err);
bool csv_encode(Encoder *encoder, const Batch *batch, uint32_t row, RowOp op, StrBuf *out, bool *is_null, Err *err);
void csv_encoder_free(Encoder *encoder);
#endif
