/* What a format is: a row of connectors/table.c. Decoders turn message bytes into builder rows, encoders rows into bytes.
 * A decoder or encoder belongs to one source or sink and its thread. */
#ifndef WEIR_CONNECTORS_FORMAT_H
#define WEIR_CONNECTORS_FORMAT_H
#include "connectors/connector.h"

typedef struct FormatSpec {
    const Schema *schema;                        /* fields of the payload, in order */
    const uint32_t *target;                      /* decode: builder column of field i (NULL = i); encode: batch column of field i. UINT32_MAX = not wanted: parse, do not store */
    const Options *options; const char *prefix;  /* "json." / "value.json." / "key.json.": options are prefix + name */
    const Zone *zone;
    bool is_key;
    bool in_message;                             /* a message's payload, not a line of a file: Flink's csv writes decimals otherwise there */
} FormatSpec;

/* Called by the decoder after it has written the cells of one row at builder row `builder->batch.len`: the source adds key and metadata cells
 * and commits with builder_row(op). false stops decoding (err is set). */
typedef bool RowDone(void *ctx, RowOp op, Err *err);

typedef struct Decoder Decoder;
typedef struct Encoder Encoder;
typedef struct FormatDef {
    const char *name;
    const OptionDef *options;                    /* names without prefix */
    uint8_t changes;                             /* CHANGES_INSERT, or the kinds a changelog format carries */
    bool (*check)(const Schema *schema, const Options *options, const char *prefix, Err *err);   /* may be NULL */
    Decoder *(*decoder_new)(const FormatSpec *spec, Err *err);
    /* 0..n rows from one message. bytes.ptr NULL = null message: most formats yield no row. false + E_BAD_RECORD: the message cannot be read and the
     * format's options do not skip it; *skipped is increased for each record dropped because they do. Partly written cells of a failed row are overwritten later. */
    bool (*decode)(Decoder *decoder, Str bytes, BatchBuilder *builder, RowDone *done, void *done_ctx, uint64_t *skipped, Err *err);
    void (*decoder_free)(Decoder *decoder);
    Encoder *(*encoder_new)(const FormatSpec *spec, Err *err);
    /* Appends one row's payload to out. false + err E_DATA if a value cannot be written. *is_null set: the payload is null (tombstone). */
    bool (*encode)(Encoder *encoder, const Batch *batch, uint32_t row, RowOp op, StrBuf *out, bool *is_null, Err *err);
    void (*encoder_free)(Encoder *encoder);
    const char *line_end;                        /* files: "\n"; NULL = not usable in files */
    /* Files: bytes of the record at p with its line end, where a line end may stand within a record; -1 = it is not complete before `end`.
     * decode() then gets the record with its line end. NULL = a record ends at line_end and comes without it. */
    int64_t (*record_len)(Decoder *decoder, const char *p, const char *end);
    const char *doc;
} FormatDef;
const FormatDef *format_find(Str name);
const FormatDef *const *format_all(uint32_t *n);
#endif
