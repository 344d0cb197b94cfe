/* PARSE_JSON, TRY_PARSE_JSON and access to VARIANT values. Numbers: whole ones as written, decimal ones without trailing zeros,
 * those with an exponent or more than 38 digits as DOUBLE. */
#include "engine/expr/fn_variant.h"
#include "engine/expr/jsondoc.h"
#include "engine/type/text.h"

static uint32_t digit_count(Str raw)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < raw.len; i++)
        if (raw.ptr[i] >= '0' && raw.ptr[i] <= '9') n += n > 0 || raw.ptr[i] != '0';
    return n;
}

static void add_variant_number(ArenaBuf *buf, Str raw)
{
    bool exponent = memchr(raw.ptr, 'e', raw.len) || memchr(raw.ptr, 'E', raw.len);
    if (exponent || digit_count(raw) > 38) {
        double x = 0;
        StrBuf text = { 0 };
        parse_double(raw, &x);
        print_double(x, &text);
        buf_adds(buf, strbuf_str(&text));
        strbuf_free(&text);
        return;
    }
    if (memchr(raw.ptr, '.', raw.len)) {
        while (raw.ptr[raw.len - 1] == '0') raw.len--;
        raw.len -= raw.ptr[raw.len - 1] == '.';
    }
    buf_adds(buf, str_is(raw, "-0") ? STR("0") : raw);
}

/* Writes node i; false when an object has a key twice and that is not allowed. */
static bool add_variant(ArenaBuf *buf, Arena *scratch, const JsonDoc *doc, uint32_t node, bool duplicates, Str *twice)
{
    const JsonNode *v = &doc->nodes[node];
    if (v->kind == JSON_NUMBER) add_variant_number(buf, json_raw(doc, node));
    else if (json_is_scalar(v)) json_add_node(buf, scratch, doc, node);
    else if (v->kind == JSON_ARRAY) {
        buf_addc(buf, '[');
        for (uint32_t i = node + 1; i < v->end; i = doc->nodes[i].end) {
            if (i > node + 1) buf_addc(buf, ',');
            if (!add_variant(buf, scratch, doc, i, duplicates, twice)) return false;
        }
        buf_addc(buf, ']');
    } else {
        JsonMember *members = arena_alloc(scratch, sizeof *members * (v->count + 1));
        uint32_t n = 0;
        for (uint32_t i = node + 1; i < v->end; i = doc->nodes[i + 1].end) {
            ArenaBuf value = arena_buf(scratch);
            if (!add_variant(&value, scratch, doc, i + 1, duplicates, twice)) return false;
            members[n] = (JsonMember){ json_string(scratch, doc, i), buf_str(&value), 0 };
            if (!duplicates && json_member(scratch, doc, node, members[n].key) != (int64_t)i + 1) return *twice = members[n].key, false;
            n++;
        }
        json_add_members(buf, members, n);
    }
    return true;
}

static bool parse_variant(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    JsonDoc doc;
    const char *why = NULL;
    uint32_t at = 0;
    Str twice = STR_NULL;
    Arena *scratch = scratch_arena();
    bool duplicates = arg_count(call) > 1 && args[1].v.b;
    if (!json_parse(scratch, arg_str(&args[0]), &doc, &why, &at)) return err_set(err, E_TEXT, "text is not JSON: %s at byte %u", why, at);
    ArenaBuf buf = arena_buf(env->arena);
    if (!add_variant(&buf, scratch, &doc, 0, duplicates, &twice)) {
        err_set(err, E_TEXT, "key \"" STR_FMT "\" stands twice in the JSON object", STR_ARG(twice));
        return err_hint(err, "PARSE_JSON(text, TRUE) keeps the last one.");
    }
    return ret_buf(out, &buf);
}

FN_BODY(fn_parse_json) { return parse_variant(call, env, args, out, err); }
FN_BODY(fn_try_parse_json)
{
    Err ignored = { 0 };
    return parse_variant(call, env, args, out, &ignored) ? true : ret_null(out);
}

bool variant_item(const FuncCall *call, EvalEnv *env, const Datum *args, Datum *out, Err *err)
{
    JsonDoc doc;
    Arena *scratch = scratch_arena();
    if (args[0].null || args[1].null || !json_parse(scratch, arg_str(&args[0]), &doc, NULL, NULL)) return ret_null(out);
    int64_t found = -1;
    if (type_is_string(arg_type(call, 1))) {
        if (doc.nodes[0].kind != JSON_OBJECT) return err_set(err, E_DATA, "key of a VARIANT that is no object");
        found = json_member(scratch, &doc, 0, arg_str(&args[1]));
    } else {
        if (doc.nodes[0].kind != JSON_ARRAY) return err_set(err, E_DATA, "index of a VARIANT that is no array");
        int64_t index = datum_int(arg_type(call, 1), &args[1]);
        if (index >= 1 && index <= doc.nodes[0].count)
            for (found = 1; index > 1; index--) found = doc.nodes[found].end;
    }
    if (found < 0) return ret_null(out);
    Str raw = json_raw(&doc, (uint32_t)found);
    if (doc.nodes[found].kind == JSON_STRING) raw = (Str){ raw.ptr - 1, raw.len + 2 };
    return ret_str(env, out, raw);
}

const FuncDef fn_variant_table[] = {
    FN_ROW("PARSE_JSON", "str,bool?", "VARIANT", FN_STRICT, NULL, fn_parse_json, NULL, "json", "JSON text as a VARIANT; fails on other text.", "JSON_STRING(PARSE_JSON('{\"b\": 1.50, \"a\": [1]}'))", "{\"a\":[1],\"b\":1.5}"),
    FN_ROW("TRY_PARSE_JSON", "str,bool?", "VARIANT", FN_STRICT | FN_NULLABLE | FN_TOTAL, NULL, fn_try_parse_json, NULL, "json", "JSON text as a VARIANT; NULL for other text.", "TRY_PARSE_JSON('not json') IS NULL", "TRUE"),
    FN_END
};
