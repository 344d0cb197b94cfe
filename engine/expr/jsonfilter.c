/* Conditions of JSON paths: [?(@.a > 1 && (@.b == 'x' || !@.c))]. Comparisons of different kinds are false, as in Jayway;
 * a path alone asks whether it exists. Pure functions over immutable trees. */
#include "engine/expr/jsonfilter.h"
#include "engine/expr/regex.h"
#include "engine/type/text.h"

typedef enum OperandKind { OPERAND_PATH, OPERAND_NUMBER, OPERAND_STRING, OPERAND_TRUE, OPERAND_FALSE, OPERAND_NULL, OPERAND_LIST, OPERAND_REGEX, OPERAND_MISSING } OperandKind;
typedef struct Operand {
    OperandKind kind;
    bool root;                       /* PATH from $ */
    const JsonPath *path;
    double number;
    Str text;
    struct { struct Operand *v; uint32_t n, cap; } list;
    Regex *regex;
} Operand;
typedef enum FilterOp { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_EXISTS, FILTER_EQ, FILTER_NE, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE, FILTER_MATCH, FILTER_IN, FILTER_NIN, FILTER_SIZE, FILTER_CONTAINS, FILTER_EMPTY } FilterOp;
struct JsonFilter { FilterOp op; const JsonFilter *a, *b; Operand left, right; };

typedef struct FilterReader { Arena *arena; const char *p, *end, *why; int depth; } FilterReader;
enum { FILTER_DEPTH = 50 };

static void *fail(FilterReader *r, const char *why) { return r->why = why, NULL; }
static void blanks(FilterReader *r) { while (r->p < r->end && *r->p == ' ') r->p++; }

static bool take(FilterReader *r, const char *word)
{
    size_t n = strlen(word);
    blanks(r);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0) return false;
    r->p += n;
    return true;
}

static bool read_text(FilterReader *r, char quote, Str *out)
{
    ArenaBuf buf = arena_buf(r->arena);
    for (r->p++; r->p < r->end && *r->p != quote; r->p++) {
        if (*r->p == '\\' && r->p + 1 < r->end && (quote != '/' || r->p[1] == '/')) r->p++;
        buf_addc(&buf, *r->p);
    }
    if (r->p == r->end) return false;
    r->p++;
    *out = buf_str(&buf);
    return true;
}

static bool read_operand(FilterReader *r, Operand *out);

static bool read_operand_list(FilterReader *r, Operand *out)
{
    out->kind = OPERAND_LIST;
    for (r->p++; !take(r, "]");) {
        Operand item = { 0 };
        if (!read_operand(r, &item)) return false;
        ARENA_PUSH(r->arena, out->list, item);
        take(r, ",");
        if (r->p == r->end) return fail(r, "']' expected") != NULL;
    }
    return true;
}

static bool read_operand(FilterReader *r, Operand *out)
{
    blanks(r);
    if (r->p == r->end) return fail(r, "value expected in a filter") != NULL;
    char c = *r->p;
    if (c == '@' || c == '$') {
        out->kind = OPERAND_PATH;
        out->root = c == '$';
        r->p++;
        out->path = jsonpath_read(r->arena, &r->p, r->end, &r->why);
        return out->path != NULL;
    }
    if (c == '\'' || c == '"') {
        out->kind = OPERAND_STRING;
        return read_text(r, c, &out->text) ? true : fail(r, "text is not closed") != NULL;
    }
    if (c == '/') {
        Str pattern;
        const char *why;
        out->kind = OPERAND_REGEX;
        if (!read_text(r, '/', &pattern)) return fail(r, "pattern is not closed") != NULL;
        if (take(r, "i")) pattern = str_printf(r->arena, "(?i)" STR_FMT, STR_ARG(pattern));
        out->regex = regex_compile(r->arena, pattern, REGEX_FULL, &why);
        return out->regex ? true : fail(r, "pattern is not valid") != NULL;
    }
    if (c == '[') return read_operand_list(r, out);
    if (take(r, "true")) return out->kind = OPERAND_TRUE, true;
    if (take(r, "false")) return out->kind = OPERAND_FALSE, true;
    if (take(r, "null")) return out->kind = OPERAND_NULL, true;
    const char *from = r->p;
    while (r->p < r->end && strchr("+-.0123456789eE", *r->p)) r->p++;
    out->kind = OPERAND_NUMBER;
    out->text = (Str){ from, (uint32_t)(r->p - from) };
    return parse_double(out->text, &out->number) ? true : fail(r, "value expected in a filter") != NULL;
}

static JsonFilter *read_or(FilterReader *r);

static JsonFilter *new_filter(FilterReader *r, FilterOp op, const JsonFilter *a, const JsonFilter *b)
{
    JsonFilter *f = ARENA_NEW(r->arena, JsonFilter);
    f->op = op;
    f->a = a;
    f->b = b;
    return f;
}

static JsonFilter *read_term(FilterReader *r)
{
    static const struct { const char *word; FilterOp op; } ops[] = { { "==", FILTER_EQ }, { "!=", FILTER_NE }, { "<=", FILTER_LE }, { ">=", FILTER_GE }, { "<", FILTER_LT }, { ">", FILTER_GT },
        { "=~", FILTER_MATCH }, { "in ", FILTER_IN }, { "in[", FILTER_IN }, { "nin ", FILTER_NIN }, { "size ", FILTER_SIZE }, { "contains ", FILTER_CONTAINS }, { "empty ", FILTER_EMPTY } };
    if (++r->depth > FILTER_DEPTH) return fail(r, "filter is nested too deeply");
    if (take(r, "!")) {
        JsonFilter *inner = read_term(r);
        r->depth--;
        return inner ? new_filter(r, FILTER_NOT, inner, NULL) : NULL;
    }
    if (take(r, "(")) {
        JsonFilter *inner = read_or(r);
        r->depth--;
        if (inner && !take(r, ")")) return fail(r, "')' expected");
        return inner;
    }
    r->depth--;
    JsonFilter *f = new_filter(r, FILTER_EXISTS, NULL, NULL);
    if (!read_operand(r, &f->left)) return NULL;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (!take(r, ops[i].word)) continue;
        if (ops[i].word[strlen(ops[i].word) - 1] == '[') r->p--;
        f->op = ops[i].op;
        return read_operand(r, &f->right) ? f : NULL;
    }
    return f;
}

static JsonFilter *read_and(FilterReader *r)
{
    JsonFilter *f = read_term(r);
    while (f && take(r, "&&")) {
        JsonFilter *b = read_term(r);
        f = b ? new_filter(r, FILTER_AND, f, b) : NULL;
    }
    return f;
}

static JsonFilter *read_or(FilterReader *r)
{
    JsonFilter *f = read_and(r);
    while (f && take(r, "||")) {
        JsonFilter *b = read_and(r);
        f = b ? new_filter(r, FILTER_OR, f, b) : NULL;
    }
    return f;
}

JsonFilter *filter_read(Arena *arena, const char **p, const char *end, const char **why)
{
    FilterReader r = { arena, *p, end, NULL, 0 };
    JsonFilter *f = take(&r, "(") ? read_or(&r) : fail(&r, "'(' expected after '?'");
    if (f && !take(&r, ")")) f = fail(&r, "')' expected after a filter");
    *p = r.p;
    *why = r.why;
    return f;
}

/* ---- evaluation ---- */

typedef struct Context { const JsonDoc *doc; Arena *scratch; uint32_t node; } Context;

/* An operand with its path looked up. `node`: place of an array or object, -1 if it is none. */
typedef struct Value { OperandKind kind; double number; Str text; int64_t node; const Operand *operand; } Value;

static Value value_of_node(const Context *c, uint32_t node)
{
    Value v = { .kind = OPERAND_LIST, .node = node };
    const JsonNode *n = json_node(c->doc, node);
    switch ((JsonKind)n->kind) {
    case JSON_NULL: v.kind = OPERAND_NULL; break;
    case JSON_TRUE: v.kind = OPERAND_TRUE; break;
    case JSON_FALSE: v.kind = OPERAND_FALSE; break;
    case JSON_STRING: v.kind = OPERAND_STRING; v.text = json_string(c->scratch, c->doc, node); break;
    case JSON_NUMBER: v.kind = parse_double(json_raw(c->doc, node), &v.number) ? OPERAND_NUMBER : OPERAND_MISSING; break;
    case JSON_ARRAY: case JSON_OBJECT: break;
    }
    return v;
}

static Value value_of(const Context *c, const Operand *o)
{
    Value v = { .kind = o->kind, .number = o->number, .text = o->text, .node = -1, .operand = o };
    if (o->kind != OPERAND_PATH) return v;
    JsonResult found;
    jsonpath_eval_at(o->path, c->doc, c->scratch, o->root ? 0 : c->node, &found);
    if (found.kind == FOUND_NODE) return value_of_node(c, found.node);
    v.kind = found.kind == FOUND_LIST && found.list.n ? OPERAND_LIST : OPERAND_MISSING;
    return v;
}

/* A number equals the text of the same number. */
static bool values_equal(const Value *a, const Value *b)
{
    double number;
    if (a->kind == OPERAND_STRING && b->kind == OPERAND_NUMBER) return parse_double(a->text, &number) && number == b->number;
    if (a->kind == OPERAND_NUMBER && b->kind == OPERAND_STRING) return parse_double(b->text, &number) && number == a->number;
    if (a->kind != b->kind || a->kind == OPERAND_MISSING || a->kind == OPERAND_LIST) return false;
    if (a->kind == OPERAND_NUMBER) return a->number == b->number;
    return a->kind != OPERAND_STRING || str_eq(a->text, b->text);
}

static bool in_list(const Context *c, const Value *needle, const Value *list)
{
    if (list->operand && list->operand->kind == OPERAND_LIST) {
        for (uint32_t i = 0; i < list->operand->list.n; i++) {
            Value item = value_of(c, &list->operand->list.v[i]);
            if (values_equal(needle, &item)) return true;
        }
        return false;
    }
    if (list->node < 0 || json_node(c->doc, (uint32_t)list->node)->kind != JSON_ARRAY) return false;
    for (uint32_t i = (uint32_t)list->node + 1; i < json_node(c->doc, (uint32_t)list->node)->end; i = json_node(c->doc, i)->end) {
        Value item = value_of_node(c, i);
        if (values_equal(needle, &item)) return true;
    }
    return false;
}

static int64_t value_size(const Context *c, const Value *v)
{
    if (v->kind == OPERAND_STRING) return utf8_len(v->text);
    return v->node >= 0 && v->kind == OPERAND_LIST ? (int64_t)json_node(c->doc, (uint32_t)v->node)->count : -1;
}

static bool test_order(FilterOp op, const Value *a, const Value *b)
{
    if (a->kind != b->kind || (a->kind != OPERAND_NUMBER && a->kind != OPERAND_STRING)) return false;
    int order = a->kind == OPERAND_NUMBER ? (a->number > b->number) - (a->number < b->number) : str_cmp(a->text, b->text);
    return op == FILTER_LT ? order < 0 : op == FILTER_LE ? order <= 0 : op == FILTER_GT ? order > 0 : order >= 0;
}

static bool test_match(const Value *text, const Value *pattern)
{
    Err ignored = { 0 };
    if (text->kind != OPERAND_STRING || pattern->kind != OPERAND_REGEX) return false;
    return regex_find(pattern->operand->regex, text->text, 0, NULL, 0, &ignored) == 1;
}

bool filter_test(const JsonFilter *f, const JsonDoc *doc, Arena *scratch, uint32_t node)
{
    Context c = { doc, scratch, node };
    switch (f->op) {
    case FILTER_AND: return filter_test(f->a, doc, scratch, node) && filter_test(f->b, doc, scratch, node);
    case FILTER_OR: return filter_test(f->a, doc, scratch, node) || filter_test(f->b, doc, scratch, node);
    case FILTER_NOT: return !filter_test(f->a, doc, scratch, node);
    default: break;
    }
    Value a = value_of(&c, &f->left);
    if (f->op == FILTER_EXISTS) return a.kind != OPERAND_MISSING && a.kind != OPERAND_FALSE;
    Value b = value_of(&c, &f->right);
    switch (f->op) {
    case FILTER_EQ: return values_equal(&a, &b);
    case FILTER_NE: return !values_equal(&a, &b);
    case FILTER_MATCH: return test_match(&a, &b);
    case FILTER_IN: return in_list(&c, &a, &b);
    case FILTER_NIN: return !in_list(&c, &a, &b);
    case FILTER_SIZE: return b.kind == OPERAND_NUMBER && (double)value_size(&c, &a) == b.number;
    case FILTER_CONTAINS: return a.kind == OPERAND_STRING ? b.kind == OPERAND_STRING && str_find(a.text, b.text, 0) >= 0 : in_list(&c, &b, &a);
    case FILTER_EMPTY: return value_size(&c, &a) >= 0 && (value_size(&c, &a) == 0) == (b.kind == OPERAND_TRUE);
    default: return test_order(f->op, &a, &b);
    }
}
