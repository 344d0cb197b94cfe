/* JSON_VALUE, JSON_QUERY, JSON_EXISTS, IS JSON. The document is read into flat nodes in the thread's scratch arena, the path walked over them.
 * Clauses come as arguments after (json, path), as pairs of a word and what it says:
 *   RETURNING, an expression of the type; WRAPPER, WITHOUT | CONDITIONAL | UNCONDITIONAL;
 *   ON_EMPTY or ON_ERROR, one of NULL ERROR EMPTY_ARRAY EMPTY_OBJECT TRUE FALSE UNKNOWN as a word, or the value behind DEFAULT.
 * Rules measured on Flink 2.3: strict (the default): a missing path, null or a value of the wrong kind is the ERROR clause; lax: the EMPTY clause. */
#include "engine/expr/jsonpath.h"
#include "engine/expr/rules.h"
#include "engine/type/text.h"
#include <stdlib.h>

typedef enum JsonOutcome { OUTCOME_NULL, OUTCOME_ERROR, OUTCOME_DEFAULT, OUTCOME_EMPTY_ARRAY, OUTCOME_EMPTY_OBJECT, OUTCOME_TRUE, OUTCOME_FALSE } JsonOutcome;
typedef enum JsonWrapper { WRAPPER_NONE, WRAPPER_CONDITIONAL, WRAPPER_ALWAYS } JsonWrapper;
typedef struct JsonClauses {
    JsonOutcome on_empty, on_error;
    uint32_t default_empty, default_error;       /* argument index */
    JsonWrapper wrapper;
} JsonClauses;

static bool read_outcome(Str word, JsonOutcome *out)
{
    static const struct { const char *name; JsonOutcome outcome; } outcomes[] = { { "NULL", OUTCOME_NULL }, { "ERROR", OUTCOME_ERROR },
        { "EMPTY_ARRAY", OUTCOME_EMPTY_ARRAY }, { "EMPTY_OBJECT", OUTCOME_EMPTY_OBJECT }, { "TRUE", OUTCOME_TRUE }, { "FALSE", OUTCOME_FALSE }, { "UNKNOWN", OUTCOME_NULL } };
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (str_is(word, outcomes[i].name)) return *out = outcomes[i].outcome, true;
    return false;
}

/* One pair at argument i; false when it is none. */
static bool read_clause(InferCtx *infer, uint32_t i, JsonClauses *c, const Type **returning)
{
    Str word = infer_word(infer, i), says = infer_word(infer, i + 1);
    if (!word.ptr || i + 1 >= infer->nargs) return false;
    bool empty = str_is(word, "ON_EMPTY");
    if (str_is(word, "RETURNING")) return *returning = infer->args[i + 1]->type, true;
    if (str_is(word, "WRAPPER")) {
        c->wrapper = str_is(says, "CONDITIONAL") ? WRAPPER_CONDITIONAL : str_is(says, "UNCONDITIONAL") ? WRAPPER_ALWAYS : WRAPPER_NONE;
        return says.ptr != NULL;
    }
    if (!empty && !str_is(word, "ON_ERROR")) return false;
    JsonOutcome outcome = OUTCOME_DEFAULT;
    if (says.ptr && !read_outcome(says, &outcome)) return false;
    *(empty ? &c->on_empty : &c->on_error) = outcome;
    if (!says.ptr) *(empty ? &c->default_empty : &c->default_error) = i + 1;
    return true;
}

/* Reads the clauses into call data; *returning is NULL when not written. */
static JsonClauses *infer_clauses(InferCtx *infer, JsonClauses dflt, const Type **returning, Err *err)
{
    JsonClauses *c = ARENA_NEW(infer->ctx->arena, JsonClauses);
    *c = dflt;
    *returning = NULL;
    for (uint32_t i = 2; i < infer->nargs; i += 2)
        if (!read_clause(infer, i, c, returning)) {
            infer_refuse(infer, err);
            return NULL;
        }
    *infer->data = c;
    return c;
}

static bool check_json_args(InferCtx *infer, Err *err)
{
    if (infer->nargs < 2) return infer_refuse(infer, err) != NULL;
    for (uint32_t i = 0; i < 2; i++) {
        if (!refuse_bare_null(infer->args[i], err)) return false;
        if (!type_is_string(infer->args[i]->type)) return infer_refuse(infer, err) != NULL;
    }
    return true;
}

/* ---- paths ---- */

typedef struct PathPrep { bool fixed; const JsonPath *path; const char *why; } PathPrep;

static void *prepare_path(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    (void)call, (void)err;
    PathPrep *prep = ARENA_NEW(arena, PathPrep);
    if (!const_args[1]) return prep;
    prep->fixed = true;
    if (!const_args[1]->null) prep->path = jsonpath_compile(arena, datum_text(const_args[1]), &prep->why);
    return prep;
}

/* What a call finds. `broken`: the path is not valid, or the text is not JSON, or (strict) the path leads nowhere; `why` says which. */
typedef struct Lookup { Arena *scratch; JsonDoc doc; bool lax, broken; const char *why; JsonResult found; } Lookup;

/* Mode word of a path that cannot be compiled: it still chooses the clause. */
static void look_up(const FuncCall *call, const Datum *args, Lookup *l)
{
    const PathPrep *prep = call->prepared;
    l->scratch = scratch_arena();
    l->broken = true;
    l->why = NULL;
    const JsonPath *path = prep && prep->fixed ? prep->path : jsonpath_compile(l->scratch, arg_str(&args[1]), &l->why);
    l->lax = path && jsonpath_lax(path);
    l->found = (JsonResult){ .kind = FOUND_NONE };
    if (!path) {
        if (!l->why) l->why = prep && prep->why ? prep->why : "path is not valid";
        return;
    }
    bool is_json = json_parse(l->scratch, arg_str(&args[0]), &l->doc, &l->why, NULL);
    if (is_json && l->doc.nodes[0].kind == JSON_NULL) {      /* Jayway takes no null document, in either mode */
        l->why = "the document is null";
        return;
    }
    if (is_json) jsonpath_eval(path, &l->doc, l->scratch, &l->found);
    if (is_json && l->found.kind == FOUND_NONE) l->why = "the path leads nowhere";
    l->broken = !l->lax && l->found.kind == FOUND_NONE;
}

static bool found_null(const Lookup *l) { return l->found.kind == FOUND_NONE || (l->found.kind == FOUND_NODE && l->doc.nodes[l->found.node].kind == JSON_NULL); }
static bool found_scalar(const Lookup *l)
{
    return l->found.kind == FOUND_NUMBER || (l->found.kind == FOUND_NODE && json_is_scalar(&l->doc.nodes[l->found.node]));
}

static bool clause_error(Err *err, const char *function, const Lookup *l, const char *why)
{
    return err_set(err, E_DATA, "%s: %s", function, why ? why : l->why ? l->why : "no value");
}

/* ---- JSON_VALUE ---- */

static bool is_literal(const Expr *expr) { return expr->kind == EXPR_CONST || (expr->kind == EXPR_CAST && is_literal(expr->args[0])); }

/* DEFAULT values must be literals, casts of them at most, of a fitting type. */
static bool check_default(InferCtx *infer, uint32_t i, const Type *type, Err *err)
{
    if (i == 0) return true;
    Expr *arg = infer->args[i];
    if (!is_literal(arg) || !infer_const(infer, i)) return err_at(err, E_INVALID, arg->span, "DEFAULT of %s must be a literal", infer->func->name);
    if (!refuse_bare_null(arg, err)) return false;
    bool texts = type_is_string(type) && type_is_string(arg->type), numbers = type->kind == TYPE_DOUBLE && type_is_numeric(arg->type);
    if (texts || numbers || type_eq(arg->type, type, true)) infer_cast(infer, i, type_with_null(infer->ctx->arena, type, true));
    else if (type_is_string(type) && type_is_numeric(arg->type)) infer_cast(infer, i, type_string(true));
    return true;
}

static const Type *infer_json_value(InferCtx *infer, Err *err)
{
    const Type *returning;
    if (!check_json_args(infer, err)) return NULL;
    JsonClauses *c = infer_clauses(infer, (JsonClauses){ 0 }, &returning, err);
    if (!c) return NULL;
    const Type *type = returning ? returning : type_string(true);
    if (type->kind != TYPE_VARCHAR && type->kind != TYPE_BOOLEAN && type->kind != TYPE_INT && type->kind != TYPE_DOUBLE) {
        err_at(err, E_UNSUPPORTED, infer->span, "JSON_VALUE cannot return " STR_FMT, STR_ARG(type_text(infer->ctx->arena, type)));
        err_hint(err, "RETURNING takes STRING, BOOLEAN, INT or DOUBLE; CAST the text to other types.");
        return NULL;
    }
    if (!check_default(infer, c->default_empty, type, err) || !check_default(infer, c->default_error, type, err)) return NULL;
    return type_with_null(infer->ctx->arena, type, true);
}

static bool not_convertible(Err *err, const FuncCall *call, Str text)
{
    return err_set(err, E_TEXT, "JSON value " STR_FMT " is no %s", STR_ARG(text), call->expr->type->kind == TYPE_INT ? "INT" : call->expr->type->kind == TYPE_DOUBLE ? "DOUBLE (it wants a point or an exponent)" : "BOOLEAN");
}

static bool ret_json_text(const FuncCall *call, EvalEnv *env, Str s, Datum *out)
{
    uint32_t limit = call->expr->type->precision;
    if (s.len > limit) s.len = utf8_offset(s, limit);
    return ret_str(env, out, s);
}

/* Scalars are not converted: INT wants an integer in range, DOUBLE a number with point or exponent, BOOLEAN true or false. */
static bool ret_scalar(const FuncCall *call, EvalEnv *env, const Lookup *l, Datum *out, Err *err)
{
    bool number = l->found.kind == FOUND_NUMBER;
    JsonKind kind = number ? JSON_NUMBER : (JsonKind)l->doc.nodes[l->found.node].kind;
    Str raw = number ? l->found.text : json_raw(&l->doc, l->found.node);
    bool fraction = kind == JSON_NUMBER && (memchr(raw.ptr, '.', raw.len) || memchr(raw.ptr, 'e', raw.len) || memchr(raw.ptr, 'E', raw.len));
    int64_t n;
    switch (call->expr->type->kind) {
    case TYPE_BOOLEAN:
        if (kind != JSON_TRUE && kind != JSON_FALSE) return not_convertible(err, call, raw);
        return ret_bool(out, kind == JSON_TRUE);
    case TYPE_INT:
        if (kind != JSON_NUMBER || fraction || !str_to_i64(raw, &n) || n != (int32_t)n) return not_convertible(err, call, raw);
        return ret_int(out, (int32_t)n);
    case TYPE_DOUBLE:
        if (!fraction || !parse_double(raw, &out->v.f64)) return not_convertible(err, call, raw);
        return true;
    default: break;
    }
    if (kind == JSON_STRING) return ret_json_text(call, env, json_string(l->scratch, &l->doc, l->found.node), out);
    if (kind != JSON_NUMBER) return ret_json_text(call, env, raw, out);
    ArenaBuf text = arena_buf(l->scratch);
    json_add_number(&text, raw);
    return ret_json_text(call, env, buf_str(&text), out);
}

static bool ret_default(const FuncCall *call, const Datum *args, uint32_t i, Datum *out, Err *err)
{
    const Type *have = arg_type(call, i), *want = call->expr->type;
    if (type_phys(have) != type_phys(want)) return err_set(err, E_TEXT, "DEFAULT of JSON_VALUE does not have the type of RETURNING");
    *out = args[i];
    return true;
}

FN_BODY(fn_json_value)
{
    const JsonClauses *c = call->data;
    Lookup l;
    if (args[0].null || args[1].null) return ret_null(out);
    look_up(call, args, &l);
    if (!l.broken && !found_null(&l) && found_scalar(&l)) return ret_scalar(call, env, &l, out, err);
    bool empty = !l.broken && l.lax;
    JsonOutcome outcome = empty ? c->on_empty : c->on_error;
    if (outcome == OUTCOME_NULL) return ret_null(out);
    if (outcome == OUTCOME_DEFAULT) return ret_default(call, args, empty ? c->default_empty : c->default_error, out, err);
    return clause_error(err, "JSON_VALUE", &l, empty ? "the result is empty" : l.broken ? NULL : "the value is no scalar");
}

/* ---- JSON_QUERY ---- */

static const Type *infer_json_query(InferCtx *infer, Err *err)
{
    const Type *returning;
    if (!check_json_args(infer, err)) return NULL;
    JsonClauses *c = infer_clauses(infer, (JsonClauses){ 0 }, &returning, err);
    if (!c) return NULL;
    const Type *type = returning ? returning : type_string(true);
    bool list = type->kind == TYPE_ARRAY && type_is_string(type->elem);
    if (!list && type->kind != TYPE_VARCHAR) {
        err_at(err, E_UNSUPPORTED, infer->span, "JSON_QUERY cannot return " STR_FMT, STR_ARG(type_text(infer->ctx->arena, type)));
        err_hint(err, "RETURNING takes STRING or ARRAY<STRING>.");
        return NULL;
    }
    if (list && (c->on_empty == OUTCOME_EMPTY_OBJECT || c->on_error == OUTCOME_EMPTY_OBJECT)) {
        err_at(err, E_INVALID, infer->span, "EMPTY OBJECT does not fit RETURNING ARRAY");
        return NULL;
    }
    return type_with_null(infer->ctx->arena, type, true);
}

static void add_found(ArenaBuf *buf, const Lookup *l)
{
    if (l->found.kind == FOUND_NUMBER) json_add_number(buf, l->found.text);
    else if (l->found.kind == FOUND_TEXT) buf_adds(buf, l->found.text);
    else if (l->found.kind == FOUND_NODE) json_add_node(buf, l->scratch, &l->doc, l->found.node);
    else {
        buf_addc(buf, '[');
        for (uint32_t i = 0; i < l->found.list.n; i++) {
            if (i) buf_addc(buf, ',');
            json_add_node(buf, l->scratch, &l->doc, l->found.list.v[i]);
        }
        buf_addc(buf, ']');
    }
}

/* ARRAY<STRING> of the elements of a JSON array: strings as they are, others as JSON text. NULL for other values. */
static bool ret_array(EvalEnv *env, Arena *scratch, Str json, Datum *out)
{
    JsonDoc doc;
    if (!json_parse(scratch, json, &doc, NULL, NULL) || doc.nodes[0].kind != JSON_ARRAY) return ret_null(out);
    Nested *list = nested_new(env->arena, doc.nodes[0].count, doc.nodes[0].count);
    uint32_t node = 1;
    for (uint32_t i = 0; i < list->len; i++, node = doc.nodes[node].end) {
        ArenaBuf text = arena_buf(scratch);
        if (doc.nodes[node].kind == JSON_NULL) list->items[i].null = true;
        else if (doc.nodes[node].kind == JSON_STRING) list->items[i] = datum_str(env->arena, json_string(scratch, &doc, node));
        else {
            json_add_node(&text, scratch, &doc, node);
            list->items[i] = datum_str(env->arena, buf_str(&text));
        }
    }
    out->v.nested = list;
    return true;
}

static bool ret_query(const FuncCall *call, EvalEnv *env, Arena *scratch, Str json, Datum *out)
{
    return call->expr->type->kind == TYPE_ARRAY ? ret_array(env, scratch, json, out) : ret_json_text(call, env, json, out);
}

static bool is_collection(const Lookup *l)
{
    return l->found.kind == FOUND_LIST || (l->found.kind == FOUND_TEXT && l->found.text.ptr[0] == '[') || (l->found.kind == FOUND_NODE && l->doc.nodes[l->found.node].kind == JSON_ARRAY);
}

FN_BODY(fn_json_query)
{
    const JsonClauses *c = call->data;
    Lookup l;
    if (args[0].null || args[1].null) return ret_null(out);
    look_up(call, args, &l);
    bool null = found_null(&l), wrap = c->wrapper == WRAPPER_ALWAYS || (c->wrapper == WRAPPER_CONDITIONAL && !null && !is_collection(&l));
    if (!l.broken && !null && (wrap || !found_scalar(&l))) {
        ArenaBuf buf = arena_buf(l.scratch);
        if (wrap) buf_addc(&buf, '[');
        add_found(&buf, &l);
        if (wrap) buf_addc(&buf, ']');
        return ret_query(call, env, l.scratch, buf_str(&buf), out);
    }
    bool empty = !l.broken && l.lax;
    JsonOutcome outcome = empty ? c->on_empty : c->on_error;
    if (outcome == OUTCOME_NULL) return ret_null(out);
    if (outcome == OUTCOME_EMPTY_ARRAY) return ret_query(call, env, l.scratch, STR("[]"), out);
    if (outcome == OUTCOME_EMPTY_OBJECT) return ret_query(call, env, l.scratch, STR("{}"), out);
    return clause_error(err, "JSON_QUERY", &l, empty ? "the result is empty" : l.broken ? NULL : "the value is neither object nor array");
}

/* ---- JSON_EXISTS ---- */

static const Type *infer_json_exists(InferCtx *infer, Err *err)
{
    const Type *returning;
    if (!check_json_args(infer, err)) return NULL;
    const Datum *path = infer_const(infer, 1);
    if ((path && path->null) || !infer_clauses(infer, (JsonClauses){ .on_error = OUTCOME_FALSE }, &returning, err)) {
        if (!err->set) infer_refuse(infer, err);
        return NULL;
    }
    return type_simple(TYPE_BOOLEAN, true);
}

FN_BODY(fn_json_exists)
{
    const JsonClauses *c = call->data;
    Lookup l;
    if (args[0].null || args[1].null) return ret_null(out);
    look_up(call, args, &l);
    if (!l.broken) return ret_bool(out, !found_null(&l));
    if (c->on_error == OUTCOME_NULL) return ret_null(out);
    if (c->on_error == OUTCOME_ERROR) return clause_error(err, "JSON_EXISTS", &l, NULL);
    return ret_bool(out, c->on_error == OUTCOME_TRUE);
}

/* ---- IS JSON ---- */

static int json_root(const Datum *arg)
{
    JsonDoc doc;
    if (arg->null || !json_parse(scratch_arena(), arg_str(arg), &doc, NULL, NULL)) return -1;
    return doc.nodes[0].kind;
}

FN_BODY(fn_is_json) { return ret_bool(out, json_root(&args[0]) >= 0); }
FN_BODY(fn_is_json_scalar)
{
    int kind = json_root(&args[0]);
    return ret_bool(out, kind >= 0 && kind < JSON_ARRAY);
}
FN_BODY(fn_is_json_array) { return ret_bool(out, json_root(&args[0]) == JSON_ARRAY); }
FN_BODY(fn_is_json_object) { return ret_bool(out, json_root(&args[0]) == JSON_OBJECT); }

#define IS_ROW(NAME, BODY, DOC, EXAMPLE) FN_ROW(NAME, "str", "BOOLEAN", FN_OPERATOR | FN_NOT_NULL | FN_TOTAL, NULL, BODY, NULL, "json", DOC, EXAMPLE, "TRUE")
const FuncDef fn_json_table[] = {
    FN_ROW("JSON_VALUE", "=str,str", NULL, FN_NULLABLE, infer_json_value, fn_json_value, prepare_path, "json", "The scalar that a path finds in JSON text.", "JSON_VALUE('{\"a\": true}', '$.a')", "true"),
    FN_ROW("JSON_QUERY", "=str,str", NULL, FN_NULLABLE, infer_json_query, fn_json_query, prepare_path, "json", "The object or array that a path finds in JSON text, as JSON text.", "JSON_QUERY('{ \"a\": { \"b\": 1 } }', '$.a')", "{\"b\":1}"),
    FN_ROW("JSON_EXISTS", "=str,str", NULL, FN_NULLABLE, infer_json_exists, fn_json_exists, prepare_path, "json", "Does the path find anything in the JSON text?", "JSON_EXISTS('{\"a\": true}', '$.a')", "TRUE"),
    IS_ROW("IS JSON", fn_is_json, "Is the text JSON?", "'1' IS JSON"),
    IS_ROW("IS JSON VALUE", fn_is_json, "Is the text JSON?", "'1' IS JSON VALUE"),
    IS_ROW("IS JSON SCALAR", fn_is_json_scalar, "Is the text a JSON string, number, true, false or null?", "'1' IS JSON SCALAR"),
    IS_ROW("IS JSON ARRAY", fn_is_json_array, "Is the text a JSON array?", "'[1]' IS JSON ARRAY"),
    IS_ROW("IS JSON OBJECT", fn_is_json_object, "Is the text a JSON object?", "'{}' IS JSON OBJECT"),
    FN_END
};
