/* JSON text as a flat list of nodes in document order, for the JSON functions: one pass, no copies, strings unescaped on demand.
 * A document borrows its text; nodes live in the arena given. Grammar and leniency are Jackson's: text after the first value is ignored. */
#ifndef WEIR_EXPR_JSONDOC_H
#define WEIR_EXPR_JSONDOC_H
#include "engine/expr/fn.h"

typedef enum JsonKind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } JsonKind;
typedef struct JsonNode {
    uint8_t kind;
    bool escaped;                    /* STRING: contains backslashes */
    uint32_t at, len;                /* STRING: between the quotes; others: the whole value */
    uint32_t end;                    /* index after the value's last node */
    uint32_t count;                  /* elements of an ARRAY, members of an OBJECT (children: key, value, key, value ..) */
} JsonNode;
typedef struct JsonDoc { Str text; JsonNode *nodes; uint32_t n, cap; } JsonDoc;

/* Node 0 is the value. false and *why (static text), *at (byte) when the text is not JSON. */
bool json_parse(Arena *arena, Str text, JsonDoc *doc, const char **why, uint32_t *at);
static inline const JsonNode *json_node(const JsonDoc *doc, uint32_t i) { return &doc->nodes[i]; }
static inline Str json_raw(const JsonDoc *doc, uint32_t i) { return (Str){ doc->text.ptr + doc->nodes[i].at, doc->nodes[i].len }; }
static inline bool json_is_scalar(const JsonNode *node) { return node->kind < JSON_ARRAY; }
/* Text of a STRING node: borrowed when nothing is escaped, else in arena. */
Str json_string(Arena *arena, const JsonDoc *doc, uint32_t node);
/* Member of an object by key (the last one of that name); -1 if none. */
int64_t json_member(Arena *arena, const JsonDoc *doc, uint32_t object, Str key);

/* "text" with Jackson's escapes. */
void json_add_string(ArenaBuf *buf, Str s);
/* A number as java.math.BigDecimal or BigInteger prints it: 1e3 -> 1E+3, 1.50 stays. */
void json_add_number(ArenaBuf *buf, Str raw);
/* A value without blanks, keys sorted, of equal keys the last one. */
void json_add_node(ArenaBuf *buf, Arena *scratch, const JsonDoc *doc, uint32_t node);
/* Any SQL value: NULL is null, timestamps ISO-8601 (LTZ in UTC with Z), bytes base64, DOUBLE as BigDecimal, NaN as text. */
void json_add_datum(ArenaBuf *buf, const Type *type, const Datum *value);
/* Types that json_add_datum takes: not DATE, TIME, intervals. */
bool json_type_ok(const Type *type);
/* Members of an object under way: written sorted by key, of equal keys the last one alone. `order` is set by the writer. */
typedef struct JsonMember { Str key, value; uint32_t order; } JsonMember;
void json_add_members(ArenaBuf *buf, JsonMember *members, uint32_t n);
#endif
