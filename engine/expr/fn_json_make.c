/* Making JSON text: JSON_STRING, JSON_OBJECT, JSON_ARRAY, JSON, JSON_QUOTE, JSON_UNQUOTE.
 * JSON_OBJECT(k, v, .., word) and JSON_ARRAY(v, .., word) end in NULL_ON_NULL or ABSENT_ON_NULL. Keys are written sorted, as Flink does.
 * The results of nested JSON_OBJECT, JSON_ARRAY and JSON(..) go in as they are; all other text is quoted. */
#include "engine/expr/jsondoc.h"

/* Which arguments hold JSON already, and what becomes of NULL. */
typedef struct MakeData { bool absent_on_null; uint32_t n; bool raw[]; } MakeData;

/* A nested constructor, also behind casts to STRING. */
static bool is_json_expr(const Expr *expr)
{
    while (expr->kind == EXPR_CAST && type_is_string(expr->type) && expr->type->precision == TYPE_LEN_MAX) expr = expr->args[0];
    if (expr->kind == EXPR_COALESCE && !expr->args[0]->type->nullable) return is_json_expr(expr->args[0]);
    if (expr->kind != EXPR_CALL) return false;
    const char *name = expr->func->name;
    return strcmp(name, "JSON_OBJECT") == 0 || strcmp(name, "JSON_ARRAY") == 0 || strcmp(name, "JSON") == 0 || strcmp(name, "FORMAT_JSON") == 0;
}

static bool check_value(InferCtx *infer, const Expr *arg, Err *err)
{
    if (json_type_ok(arg->type)) return true;
    if (arg->type->kind == TYPE_NULL) return err_at(err, E_TYPE, arg->span, "illegal use of NULL");
    err_at(err, E_TYPE, arg->span, "type " STR_FMT " cannot be written as JSON", STR_ARG(type_text(infer->ctx->arena, arg->type)));
    return err_hint(err, "CAST the value to STRING.");
}

static const Type *infer_make(InferCtx *infer, bool object, Err *err)
{
    MakeData *data = arena_zalloc(infer->ctx->arena, sizeof *data + infer->nargs + 1);
    uint32_t n = infer->nargs;
    data->absent_on_null = !object;
    Str clause = n > 0 ? infer_word(infer, n - 1) : STR_NULL;
    if (clause.ptr) {
        data->absent_on_null = str_is(clause, "ABSENT_ON_NULL");
        n--;
    }
    if (object && n % 2) return infer_refuse(infer, err);
    data->n = n;
    for (uint32_t i = 0; i < n; i++) {
        const Expr *arg = infer->args[i];
        bool key = object && i % 2 == 0;
        if (key && !type_is_string(arg->type)) return infer_refuse(infer, err);
        const Datum *constant = key ? infer_const(infer, i) : NULL;
        if (constant && constant->null) {
            err_at(err, E_INVALID, arg->span, "key of JSON_OBJECT must not be NULL");
            return NULL;
        }
        if (!key && !check_value(infer, arg, err)) return NULL;
        data->raw[i] = !key && is_json_expr(arg);
    }
    *infer->data = data;
    return type_string(false);
}

static const Type *infer_json_object(InferCtx *infer, Err *err) { return infer_make(infer, true, err); }
static const Type *infer_json_array(InferCtx *infer, Err *err) { return infer_make(infer, false, err); }

static void add_value(ArenaBuf *buf, const FuncCall *call, const Datum *args, uint32_t i)
{
    const MakeData *data = call->data;
    if (data->raw[i] && !args[i].null) buf_adds(buf, arg_str(&args[i]));
    else json_add_datum(buf, arg_type(call, i), &args[i]);
}

FN_BODY(fn_json_object)
{
    const MakeData *data = call->data;
    ArenaBuf buf = arena_buf(env->arena);
    Arena *scratch = scratch_arena();
    JsonMember *members = arena_alloc(scratch, sizeof *members * (data->n / 2 + 1));
    uint32_t n = 0;
    for (uint32_t i = 0; i < data->n; i += 2) {
        if (args[i].null) return err_set(err, E_DATA, "key of JSON_OBJECT must not be NULL");
        if (args[i + 1].null && data->absent_on_null) continue;
        ArenaBuf value = arena_buf(scratch);
        add_value(&value, call, args, i + 1);
        members[n++] = (JsonMember){ arg_str(&args[i]), buf_str(&value), 0 };
    }
    json_add_members(&buf, members, n);
    return ret_buf(out, &buf);
}

FN_BODY(fn_json_array)
{
    const MakeData *data = call->data;
    ArenaBuf buf = arena_buf(env->arena);
    bool first = true;
    buf_addc(&buf, '[');
    for (uint32_t i = 0; i < data->n; i++) {
        if (args[i].null && data->absent_on_null) continue;
        if (!first) buf_addc(&buf, ',');
        first = false;
        add_value(&buf, call, args, i);
    }
    buf_addc(&buf, ']');
    return ret_buf(out, &buf);
}

/* JSON(text): checked and written without blanks; NULL for no text. */
FN_BODY(fn_json)
{
    JsonDoc doc;
    const char *why = NULL;
    uint32_t at = 0;
    Arena *scratch = scratch_arena();
    Str text = arg_str(&args[0]);
    if (str_trim(text).len == 0) return ret_null(out);
    if (!json_parse(scratch, text, &doc, &why, &at)) return err_set(err, E_TEXT, "text is not JSON: %s at byte %u", why, at);
    ArenaBuf buf = arena_buf(env->arena);
    json_add_node(&buf, scratch, &doc, 0);
    return ret_buf(out, &buf);
}

static const Type *infer_json_string(InferCtx *infer, Err *err)
{
    if (infer->nargs != 1) return infer_refuse(infer, err);
    if (infer->args[0]->type->kind == TYPE_NULL) infer_cast(infer, 0, type_string(true));
    if (is_json_expr(infer->args[0])) *infer->data = infer->args[0];         /* JSON already */
    return check_value(infer, infer->args[0], err) ? type_string(false) : NULL;
}

FN_BODY(fn_json_string)
{
    if (call->data) return ret_slice(out, arg_str(&args[0]));
    ArenaBuf buf = arena_buf(env->arena);
    json_add_datum(&buf, arg_type(call, 0), &args[0]);
    return ret_buf(out, &buf);
}

static void add_u(ArenaBuf *buf, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    buf_addz(buf, "\\u");
    for (int shift = 12; shift >= 0; shift -= 4) buf_addc(buf, hex[unit >> shift & 15]);
}

/* Quotes text and escapes what is not plain ASCII, '/' included. */
FN_BODY(fn_json_quote)
{
    static const char plain[] = "\"\\/\b\f\n\r\t", letter[] = "\"\\/bfnrt";
    Str s = arg_str(&args[0]);
    ArenaBuf buf = arena_buf(env->arena);
    buf_addc(&buf, '"');
    for (uint32_t i = 0; i < s.len;) {
        uint32_t cp;
        i += utf8_decode(s.ptr + i, s.ptr + s.len, &cp);
        const char *special = cp && cp < 0x80 ? strchr(plain, (int)cp) : NULL;
        if (special) {
            buf_addc(&buf, '\\');
            buf_addc(&buf, letter[special - plain]);
        } else if (cp >= 0x20 && cp < 0x80) buf_addc(&buf, (char)cp);
        else if (cp < 0x10000) add_u(&buf, cp);
        else {
            add_u(&buf, 0xD800 + ((cp - 0x10000) >> 10));
            add_u(&buf, 0xDC00 + ((cp - 0x10000) & 0x3FF));
        }
    }
    buf_addc(&buf, '"');
    return ret_buf(out, &buf);
}

/* Text that is one JSON string without its quotes and escapes; other text as it is. */
FN_BODY(fn_json_unquote)
{
    Str s = arg_str(&args[0]);
    JsonDoc doc;
    if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"') return ret_slice(out, s);
    if (!json_parse(scratch_arena(), s, &doc, NULL, NULL) || doc.nodes[0].kind != JSON_STRING || doc.nodes[0].len + 2 != s.len) return ret_slice(out, s);
    return ret_slice(out, json_string(env->arena, &doc, 0));
}

const FuncDef fn_json_make_table[] = {
    FN_ROW("JSON_STRING", "=any", NULL, FN_STRICT | FN_TOTAL, infer_json_string, fn_json_string, NULL, "json", "Any value as JSON text.", "JSON_STRING(ARRAY[1, 2])", "[1,2]"),
    FN_ROW("JSON_OBJECT", "=str VALUE any*", NULL, FN_NOT_NULL, infer_json_object, fn_json_object, NULL, "json", "A JSON object of keys and values.", "JSON_OBJECT('b' VALUE 1, 'a' VALUE 'x')", "{\"a\":\"x\",\"b\":1}"),
    FN_ROW("JSON_ARRAY", "=any*", NULL, FN_NOT_NULL, infer_json_array, fn_json_array, NULL, "json", "A JSON array of values.", "JSON_ARRAY(1, '2', TRUE)", "[1,\"2\",true]"),
    FN_ROW("JSON", "str", "STRING", FN_STRICT | FN_NULLABLE, NULL, fn_json, NULL, "json", "Text that is JSON already, as a value of JSON_OBJECT or JSON_ARRAY.", "JSON_ARRAY(JSON('[ 1 ]'))", "[[1]]"),
    FN_ROW("FORMAT_JSON", "str", "STRING", FN_STRICT | FN_NULLABLE | FN_INTERNAL, NULL, fn_json, NULL, "json", "A value written with FORMAT JSON: text that is JSON already.", "JSON_ARRAY('[ 1 ]' FORMAT JSON)", "[[1]]"),
    FN_ROW("JSON_QUOTE", "str", "STRING", FN_STRICT | FN_TOTAL, NULL, fn_json_quote, NULL, "json", "Text as a JSON string of plain ASCII.", "JSON_QUOTE('a/b')", "\"a\\/b\""),
    FN_ROW("JSON_UNQUOTE", "str", "STRING", FN_STRICT | FN_TOTAL, NULL, fn_json_unquote, NULL, "json", "The text of a JSON string; other text as it is.", "JSON_UNQUOTE('\"abc\"')", "abc"),
    FN_END
};
