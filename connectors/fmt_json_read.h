/* Private to the json decoder's files: fmt_json_read.c (rows, learned key order), fmt_json_value.c (conversions). */
#ifndef WEIR_CONNECTORS_FMT_JSON_READ_H
#define WEIR_CONNECTORS_FMT_JSON_READ_H
#include "connectors/fmt_json.h"
#include "connectors/fmt_json_scan.h"

typedef struct JsonField {
    uint64_t word[2], mask[2];  /* first 16 bytes of `key`, for two compares instead of a call */
    Str name, key;              /* key: `"name":` for the one-compare path */
    const Type *type;           /* NULL: a key outside the schema, skipped */
    uint32_t col;               /* builder column; UINT32_MAX: not wanted */
    uint8_t kind;               /* type->kind */
    uint8_t cut_us;             /* TIMESTAMP in microseconds: digits of the fraction kept; UINT8_MAX = the general path alone */
} JsonField;

struct Decoder {
    Arena *arena;
    JsonField *fields; uint32_t nfields, nall;   /* nall: with the unknown keys learned so far */
    uint16_t *order;            /* field seen at each position of the last object */
    uint32_t *seen, row_no;     /* seen[f] == row_no: present in this row */
    uint32_t present;           /* schema fields seen in this row */
    bool fail_missing, ignore_errors, iso;
    const Zone *zone;
    StrBuf text;                /* an unescaped string or rewritten value */
    BatchBuilder *builder;
    const char *why;            /* what was wrong with the value under way */
    char day_text[16]; int64_t day;              /* last date read by the fast path */
};

/* One value (not null) at *p into out; memory in the builder's arena. false: d->why. */
bool json_read_value(Decoder *d, const char **p, const char *end, const Type *type, JsonKind kind, int depth, Datum *out);
/* With ignore-parse-errors a value that does not fit becomes NULL where it stands; a broken document still fails. */
bool json_forgive(Decoder *d, const char **p, const char *end, const char *start, Datum *out);
/* After an element: true to go on, false at the end of the container; *ok false when malformed. */
bool json_next_member(const char **p, const char *end, char close, bool *ok);
/* Key and colon of a member; the key is borrowed until the next string is read. */
bool json_member_key(Decoder *d, const char **p, const char *end, Str *key);
#endif
