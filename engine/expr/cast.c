/* CAST and TRY_CAST of single values: one function per family of pairs, chosen once when a program is compiled.
 * Text pairs go through type/text.h. Overflow of a DECIMAL is NULL where the source is a number and an error where it is text, as in Flink.
 * A compiled Cast is immutable; results that need memory live in env->arena. */
#include "engine/expr/kernels.h"
#include "engine/expr/rules.h"
#include "engine/type/decimal.h"
#include "engine/type/text.h"

enum { DAY_MS = 86400000, DAY_S = 86400 };
typedef bool CastFn(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err);

/* --- numbers --- */

static int64_t exact_to_i64(const Type *type, const Datum *v)
{
    switch (type->kind) {
    case TYPE_BOOLEAN: return v->v.b;
    case TYPE_TINYINT: return v->v.i8;
    case TYPE_SMALLINT: return v->v.i16;
    case TYPE_INT: return v->v.i32;
    default: return v->v.i64;
    }
}

static void i64_to_exact(TypeKind kind, int64_t v, Datum *out)
{
    switch (kind) {
    case TYPE_BOOLEAN: out->v.b = v != 0; break;
    case TYPE_TINYINT: out->v.i8 = (int8_t)v; break;
    case TYPE_SMALLINT: out->v.i16 = (int16_t)v; break;
    case TYPE_INT: out->v.i32 = (int32_t)v; break;
    default: out->v.i64 = v; break;
    }
}

static bool cast_exact(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)env; (void)err;
    int64_t v = exact_to_i64(cast->from, in);
    if (cast->to->kind == TYPE_FLOAT) out->v.f32 = (float)v;
    else if (cast->to->kind == TYPE_DOUBLE) out->v.f64 = (double)v;
    else i64_to_exact(cast->to->kind, v, out);
    return true;
}

static bool cast_approx(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)env; (void)err;
    double v = cast->from->kind == TYPE_FLOAT ? (double)in->v.f32 : in->v.f64;
    switch (cast->to->kind) {
    case TYPE_FLOAT: out->v.f32 = (float)v; break;
    case TYPE_DOUBLE: out->v.f64 = v; break;
    case TYPE_BOOLEAN: out->v.b = v != 0; break;
    case TYPE_BIGINT: out->v.i64 = double_to_i64(v); break;
    default: i64_to_exact(cast->to->kind, double_to_i32(v), out); break;
    }
    return true;
}

static bool cast_from_decimal(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)env; (void)err;
    double v;
    switch (cast->to->kind) {
    case TYPE_BOOLEAN: out->v.b = in->v.i128 != 0; return true;
    case TYPE_FLOAT: v = decimal_to_double(in->v.i128, cast->from->scale); out->v.f32 = (float)v; return true;
    case TYPE_DOUBLE: out->v.f64 = decimal_to_double(in->v.i128, cast->from->scale); return true;
    default: break;
    }
    i128 whole = in->v.i128 / decimal_pow10[cast->from->scale];
    i64_to_exact(cast->to->kind, (int64_t)(uint64_t)(u128)whole, out);
    return true;
}

static bool cast_to_decimal(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)env;
    i128 value = 0;
    bool fits;
    if (type_is_approx(cast->from)) {
        double v = cast->from->kind == TYPE_FLOAT ? (double)in->v.f32 : in->v.f64;
        if (v != v || v - v != 0) return err_set(err, E_RANGE, "NaN and infinities have no DECIMAL form");
        fits = decimal_from_double(v, cast->to->precision, cast->to->scale, &value);
    } else {
        bool dec = cast->from->kind == TYPE_DECIMAL;
        fits = decimal_rescale(dec ? in->v.i128 : exact_to_i64(cast->from, in), dec ? cast->from->scale : 0, cast->to->scale, cast->to->precision, &value);
    }
    out->null = !fits;
    out->v.i128 = value;
    return true;
}

static bool cast_to_interval(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)env; (void)err;
    int64_t v = exact_to_i64(cast->from, in);
    out->v.i64 = cast->to->kind == TYPE_INTERVAL_MONTH ? (int32_t)v : v;        /* months are 32 bits in Flink */
    return true;
}

/* --- text and bytes --- */

static bool view_set(EvalEnv *env, Datum *out, const char *ptr, uint32_t len)
{
    out->v.str = strview_copy(env->arena, ptr, len);
    return true;
}

/* Cuts to n code points; CHAR(n) is padded with blanks. */
static void fit_text(const Type *to, StrBuf *text)
{
    if (to->precision == TYPE_LEN_MAX) return;
    uint32_t n = utf8_len(strbuf_str(text));
    if (n > to->precision) text->len = utf8_offset(strbuf_str(text), to->precision);
    for (; to->kind == TYPE_CHAR && n < to->precision; n++) strbuf_addc(text, ' ');
}

static bool cast_to_text(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)err;
    StrBuf text = { 0 };
    datum_print(cast->from, in, (const struct Zone *)env->zone, &text);
    fit_text(cast->to, &text);
    view_set(env, out, text.ptr ? text.ptr : "", text.len);
    strbuf_free(&text);
    return true;
}

static bool cast_text_to_text(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)err;
    Str s = datum_text(in);
    out->v.str = in->v.str;
    if (cast->to->precision == TYPE_LEN_MAX || (cast->to->kind == TYPE_VARCHAR && s.len <= cast->to->precision)) return true;
    StrBuf text = { 0 };
    strbuf_adds(&text, s);
    fit_text(cast->to, &text);
    view_set(env, out, text.ptr ? text.ptr : "", text.len);
    strbuf_free(&text);
    return true;
}

static bool cast_to_bytes(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)err;
    Str s = datum_text(in);
    uint32_t want = cast->to->precision;
    out->v.str = in->v.str;
    if (want == TYPE_LEN_MAX || s.len == want || (cast->to->kind == TYPE_VARBINARY && s.len < want)) return true;
    if (s.len > want) return view_set(env, out, s.ptr, want);
    char *padded = arena_zalloc(env->arena, want);
    memcpy(padded, s.ptr, s.len);
    out->v.str = strview_of(padded, want);
    return true;
}

static bool cast_parse(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    return datum_parse(env->arena, cast->to, datum_text(in), (const struct Zone *)env->zone, out, err);
}

/* --- dates and times --- */

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

/* Local wall clock of any date-time value. */
static Instant to_local(const Type *type, const Datum *v, const Zone *zone)
{
    if (type->kind == TYPE_DATE) return (Instant){ (int64_t)v->v.i32 * DAY_S, 0 };
    if (type->kind == TYPE_TIME) return (Instant){ v->v.i32 / 1000, v->v.i32 % 1000 * 1000000 };
    Instant instant = instant_of(type, v);
    if (type->kind == TYPE_TIMESTAMP_LTZ) instant.sec += zone_offset(zone, instant.sec);
    return instant;
}

static bool cast_time(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)err;
    const Type *to = cast->to;
    if (cast->from->kind == to->kind && type_is_time_point(to)) { *out = instant_datum(to, instant_of(cast->from, in)); return true; }
    Instant local = to_local(cast->from, in, env->zone);
    int64_t days = floor_div(local.sec, DAY_S), cut = to->precision == 0 ? 1000 : to->precision == 1 ? 100 : to->precision == 2 ? 10 : 1;
    switch (to->kind) {
    case TYPE_DATE: out->v.i32 = (int32_t)days; return true;
    case TYPE_TIME: {
        int64_t ms = (local.sec - days * DAY_S) * 1000 + local.nano / 1000000;
        out->v.i32 = (int32_t)(ms - ms % cut);
        return true;
    }
    case TYPE_TIMESTAMP_LTZ: local.sec = zone_to_utc(env->zone, local.sec); break;
    default: break;
    }
    *out = instant_datum(to, local);
    return true;
}

/* --- the rest --- */

static bool cast_same(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    (void)cast; (void)env; (void)err;
    *out = *in;
    return true;
}

static bool cast_nested(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    const Nested *from = in->v.nested;
    bool pairs = cast->from->kind == TYPE_MAP || cast->from->kind == TYPE_MULTISET;
    uint32_t items = pairs ? 2 * from->len : from->len;
    Nested *to = nested_new(env->arena, from->len, items);
    for (uint32_t i = 0; i < items; i++) {
        const Cast *item = cast->elem;
        if (cast->fields) item = cast->fields[i];
        else if (cast->from->kind == TYPE_MAP && i % 2 == 0) item = cast->key;
        else if (cast->from->kind == TYPE_MULTISET && i % 2 == 1) { to->items[i] = from->items[i]; continue; }
        if (!cast_value(item, env, &from->items[i], &to->items[i], err)) return false;
    }
    out->v.nested = to;
    return true;
}

static CastFn *cast_choose(const Type *from, const Type *to)
{
    if (type_is_nested(from) && !type_is_string(to)) return cast_nested;
    if (type_is_string(to)) return type_is_string(from) ? cast_text_to_text : cast_to_text;
    if (type_is_binary(to)) return cast_to_bytes;
    if (type_is_string(from)) return cast_parse;
    if (type_is_datetime(from)) return from->kind == TYPE_DATE && to->kind == TYPE_DATE ? cast_same : cast_time;
    if (type_is_interval(to)) return type_is_interval(from) ? cast_same : cast_to_interval;
    if (to->kind == TYPE_DECIMAL) return cast_to_decimal;
    if (from->kind == TYPE_DECIMAL) return cast_from_decimal;
    if (type_is_approx(from)) return cast_approx;
    if (type_is_numeric(from) || from->kind == TYPE_BOOLEAN) return cast_exact;
    return cast_same;
}

const Cast *cast_compile(Arena *arena, const Type *from, const Type *to)
{
    Cast *cast = ARENA_NEW(arena, Cast);
    cast->from = from;
    cast->to = to;
    cast->run = cast_choose(from, to);
    cast_choose_rows(cast);
    if (cast->run != cast_nested) return cast;
    if (from->kind == TYPE_ROW) {
        const Cast **fields = ARENA_ARRAY(arena, const Cast *, from->nfields);
        for (uint32_t i = 0; i < from->nfields; i++) fields[i] = cast_compile(arena, from->fields[i].type, to->fields[i].type);
        cast->fields = fields;
        return cast;
    }
    if (from->kind == TYPE_MULTISET) { cast->key = cast_compile(arena, from->elem, to->elem); cast->elem = cast->key; return cast; }
    cast->elem = cast_compile(arena, from->elem, to->elem);
    if (from->kind == TYPE_MAP) cast->key = cast_compile(arena, from->key, to->key);
    return cast;
}

bool cast_value(const Cast *cast, EvalEnv *env, const Datum *in, Datum *out, Err *err)
{
    memset(out, 0, sizeof *out);
    out->null = in->null;
    return in->null || cast->run(cast, env, in, out, err);
}

bool cast_fails_hard(const Cast *cast) { return cast->to->kind == TYPE_DECIMAL && type_is_approx(cast->from); }
