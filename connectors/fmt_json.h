/* The json format, in two files: fmt_json_read.c (decoder) and fmt_json_write.c (encoder). Private to them, the changelog formats built on JSON, and table.c. */
#ifndef WEIR_CONNECTORS_FMT_JSON_H
#define WEIR_CONNECTORS_FMT_JSON_H
#include "connectors/format.h"
extern const FormatDef format_json;
extern const OptionDef json_options[];
Decoder *json_decoder_new(const FormatSpec *spec, Err *err);
bool json_decode(Decoder *decoder, Str bytes, BatchBuilder *builder, RowDone *done, void *done_ctx, uint64_t *skipped, Err *err);
void json_decoder_free(Decoder *decoder);
Encoder *json_encoder_new(const FormatSpec *spec, Err *err);
bool json_encode(Encoder *encoder, const Batch *batch, uint32_t row, RowOp op, StrBuf *out, bool *is_null, Err *err);
void json_encoder_free(Encoder *encoder);
/* Prefixed option with the row's default. */
Str json_option(const FormatSpec *spec, const char *name);
/* An option of either side, parsed as BOOLEAN with the row's default. */
bool json_option_bool(const FormatSpec *spec, const char *name, bool *out, Err *err);
#endif
