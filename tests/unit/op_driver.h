/* Drives one operator from a script and compares what it emits, with batches of 1, 3 and many rows, and with its state going
 * through bytes into a new operator after every step.
 * Script lines: "+I a | 1" a row (of the input chosen by "@n"), "W 2024-01-01 00:00:10" a watermark, "T 500" the clock moves on by
 * milliseconds and timers fire, "I" the input is idle, "M" it has ended (its watermark), "E" the end of all inputs. Output: rows as batch_print writes them, "W .." for watermarks. */
#ifndef WEIR_TESTS_OP_DRIVER_H
#define WEIR_TESTS_OP_DRIVER_H
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/expr/resolve_sig.h"
#include "engine/expr/rules.h"
#include "engine/op/op_classes.h"
#include "engine/type/datetime.h"

typedef struct Driver {
    Arena *arena;
    ExprCtx ctx;
    PlanNode node, input_nodes[3], *inputs[3];
    Plan plan;
    OpEnv env;
    Op *op, *capture;
    int64_t timer_us;
    StrBuf out;
    bool watermarks;                /* print them */
    Err err;
} Driver;

static Driver *driver_now;

/* --- capture --- */

static bool capture_process(Op *op, uint32_t input, const Batch *batch, Err *err)
{
    (void)input;
    (void)err;
    batch_print(batch, op->node->schema, &driver_now->out);
    return true;
}

static bool capture_watermark(Op *op, int64_t ts_us, Err *err)
{
    (void)op;
    (void)err;
    if (!driver_now->watermarks) return true;
    strbuf_addz(&driver_now->out, "W ");
    if (ts_us == WATERMARK_MAX) strbuf_addz(&driver_now->out, "max");
    else timestamp_print(instant_us(ts_us), 3, &driver_now->out);
    strbuf_addc(&driver_now->out, '\n');
    return true;
}

static const OpClass capture_class = { .name = "Capture", .size = sizeof(Op), .process = capture_process, .watermark = capture_watermark };

static inline void driver_timer(OpEnv *env, Op *op, int64_t when_us)
{
    (void)env;
    (void)op;
    if (when_us < driver_now->timer_us) driver_now->timer_us = when_us;
}

/* --- setting up --- */

/* "k STRING, n INT NOT NULL" */
static inline Schema *driver_schema(Driver *d, const char *text)
{
    Schema *schema = ARENA_NEW(d->arena, Schema);
    Column *cols = ARENA_ARRAY(d->arena, Column, 32);
    for (Str rest = str_of(text); rest.len;) {
        uint32_t end = 0, depth = 0;
        for (; end < rest.len && !(rest.ptr[end] == ',' && !depth); end++) depth += rest.ptr[end] == '<' || rest.ptr[end] == '(' ? 1u : rest.ptr[end] == '>' || rest.ptr[end] == ')' ? -1u : 0u;
        Str one = str_trim(str_sub(rest, 0, end));
        int64_t blank = str_find(one, STR(" "), 0);
        Str type = str_trim(str_sub(one, (uint32_t)blank, one.len));
        bool nullable = !str_ends(type, " NOT NULL");
        if (!nullable) type.len -= 9;
        cols[schema->n].name = str_sub(one, 0, (uint32_t)blank);
        cols[schema->n].type = type_from_text(d->arena, str_cstr(d->arena, type), nullable);
        if (!cols[schema->n].type) fail_msg("bad type %.*s", (int)type.len, type.ptr);
        schema->n++;
        rest = str_sub(rest, end + 1, rest.len);
    }
    schema->cols = cols;
    return schema;
}

static inline Driver *driver_new(PlanKind kind, const char *in, const char *out)
{
    Driver *d = calloc(1, sizeof *d);
    d->arena = arena_new();
    d->ctx = (ExprCtx){ .arena = d->arena, .zone = zone_utc() };
    d->plan = (Plan){ .arena = d->arena, .zone = zone_utc() };
    d->env = (OpEnv){ .plan = &d->plan, .zone = zone_utc(), .timer_set = driver_timer };
    d->node = (PlanNode){ .kind = kind, .inputs = d->inputs, .ninputs = 1, .schema = driver_schema(d, out), .changes = CHANGES_ALL, .rowtime = -1 };
    for (int i = 0; i < 3; i++) {
        d->inputs[i] = &d->input_nodes[i];
        d->input_nodes[i] = (PlanNode){ .kind = PLAN_SCAN, .schema = driver_schema(d, in), .changes = CHANGES_INSERT, .rowtime = -1 };
    }
    return d;
}

static inline void driver_free(Driver *d)
{
    strbuf_free(&d->out);
    arena_free(d->arena);
    free(d);
}

static inline uint32_t *driver_cols(Driver *d, uint32_t n, const uint32_t *cols)
{
    return arena_copy(d->arena, cols, sizeof *cols * (n + 1));
}
#define COLS(d, ...) driver_cols((d), sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t), (const uint32_t[]){ __VA_ARGS__, 0 })

/* An aggregate over columns of the input. */
static inline AggCall driver_agg(Driver *d, const char *name, uint32_t column, bool star, bool retract)
{
    const Schema *in = d->input_nodes[0].schema;
    Expr **args = ARENA_ARRAY(d->arena, Expr *, 1);
    args[0] = expr_column(d->arena, column, in->cols[column].type, (Span){ 0, 0 });
    AggCall call;
    memset(&call, 0, sizeof call);
    Err err = { 0 };
    if (!agg_resolve(&d->ctx, str_of(name), star ? NULL : args, star ? 0 : 1, false, star, true, &call, (Span){ 0, 0 }, &err)) fail_msg("%s", err.message);
    call.filter = -1;
    call.retract = retract;
    if (!star) {
        call.nargs = 1;
        uint32_t *cols = ARENA_ARRAY(d->arena, uint32_t, 1);
        cols[0] = column;
        const Type **types = ARENA_ARRAY(d->arena, const Type *, 1);
        types[0] = in->cols[column].type;
        call.args = cols;
        call.arg_types = types;
    }
    return call;
}

/* --- running --- */

static inline void driver_open(Driver *d)
{
    d->timer_us = INT64_MAX;
    d->op = op_new(&d->node, &d->env, &d->err);
    if (!d->op) fail_msg("%s", d->err.message);
    static PlanNode capture_node;
    capture_node = (PlanNode){ .kind = PLAN_UNION, .ninputs = 1, .inputs = d->inputs, .schema = d->node.schema };
    d->capture = op_new(&capture_node, &d->env, &d->err);
    d->capture->cls = &capture_class;
    op_connect(d->op, d->capture, 0);
}

static inline void driver_rebuild(Driver *d)
{
    StrBuf bytes = { 0 };
    Op *old = d->op;
    if (old->cls->snapshot) assert_true(old->cls->snapshot(old, &bytes, &d->err));
    Op *capture = d->capture;
    driver_open(d);
    d->op->wm = old->wm;
    for (uint32_t i = 0; i < old->ninputs; i++) d->op->input_wm[i] = old->input_wm[i], d->op->input_done[i] = old->input_done[i], d->op->input_idle[i] = old->input_idle[i];
    d->capture->wm = capture->wm;
    d->capture->input_wm[0] = capture->input_wm[0];
    op_free(old);
    op_free(capture);
    Reader in = { bytes.ptr, bytes.ptr + bytes.len, false };
    if (d->op->cls->restore && !d->op->cls->restore(d->op, &in, &d->err)) fail_msg("%s", d->err.message);
    assert_false(in.bad);
    strbuf_free(&bytes);
}

static inline bool driver_fire(Driver *d)
{
    while (d->timer_us <= clock_now_us()) {
        int64_t when = d->timer_us;
        d->timer_us = INT64_MAX;
        if (!d->op->cls->timer(d->op, clock_now_us(), &d->err)) return false;
        if (d->timer_us == when) break;
    }
    return true;
}

static inline bool driver_push(Driver *d, uint32_t input, StrBuf *rows)
{
    if (!rows->len) return true;
    BatchBuilder builder;
    builder_init(&builder, d->input_nodes[input].schema, BATCH_ROWS);
    if (!batch_parse(strbuf_str(rows), &builder, &d->err)) fail_msg("%s %s", d->err.message, d->err.detail);
    bool ok = op_process(d->op, input, builder_batch(&builder), &d->err);
    builder_free(&builder);
    strbuf_clear(rows);
    return ok;
}

static inline bool driver_end(Driver *d)
{
    for (uint32_t i = 0; i < d->node.ninputs; i++)
        if (!op_watermark(d->op, i, WATERMARK_MAX, &d->err)) return false;
    for (uint32_t i = 0; i < d->node.ninputs; i++)
        if (!op_finish_input(d->op, i, &d->err)) return false;
    return true;
}

static inline bool driver_command(Driver *d, Str line, uint32_t *input)
{
    Instant instant;
    uint32_t precision;
    int64_t ms;
    Str rest = str_trim(str_sub(line, 1, line.len));
    switch (line.ptr[0]) {
    case '@': *input = (uint32_t)(line.ptr[1] - '0'); return true;
    case 'W':
        if (!timestamp_parse_literal(rest, &instant, &precision)) fail_msg("bad watermark %.*s", (int)line.len, line.ptr);
        return op_watermark(d->op, *input, instant_to_us(instant), &d->err);
    case 'T':
        if (!str_to_i64(rest, &ms)) fail_msg("bad time %.*s", (int)line.len, line.ptr);
        clock_advance(ms * 1000);
        return driver_fire(d);
    case 'I': return op_idle(d->op, *input, true, &d->err);
    case 'M': return op_watermark(d->op, *input, WATERMARK_MAX, &d->err);
    case 'E': return driver_end(d);
    default: fail_msg("bad line %.*s", (int)line.len, line.ptr); return false;
    }
}

/* Runs the script; false when the operator failed (d->err). The output is in d->out. */
static inline bool driver_run(Driver *d, const char *script, uint32_t batch_rows, bool restore)
{
    driver_now = d;
    strbuf_clear(&d->out);
    err_clear(&d->err);
    clock_freeze(1704067200000000);                          /* 2024-01-01 */
    driver_open(d);
    StrBuf rows = { 0 };
    uint32_t input = 0, n = 0;
    bool ok = true;
    for (Str rest = str_of(script); ok && rest.len;) {
        int64_t newline = str_find(rest, STR("\n"), 0);
        Str line = str_trim(str_sub(rest, 0, newline < 0 ? rest.len : (uint32_t)newline));
        rest = str_sub(rest, newline < 0 ? rest.len : (uint32_t)newline + 1, rest.len);
        if (!line.len) continue;
        bool is_row = line.ptr[0] == '+' || line.ptr[0] == '-';
        if (is_row) {
            strbuf_adds(&rows, line);
            strbuf_addc(&rows, '\n');
            n++;
        }
        if (!is_row || n == batch_rows) {
            ok = driver_push(d, input, &rows);
            n = 0;
            if (ok && restore) driver_rebuild(d);
        }
        if (ok && !is_row) {
            ok = driver_command(d, line, &input);
            if (ok && restore && line.ptr[0] != 'E') driver_rebuild(d);
        }
    }
    ok = ok && driver_push(d, input, &rows);
    strbuf_free(&rows);
    op_free(d->op);
    op_free(d->capture);
    clock_thaw();
    return ok;
}

static inline int driver_line_cmp(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The changelog applied: rows sorted, as many times as they stand. A +U without a row to replace inserts. */
static inline void driver_fold(StrBuf *out)
{
    char *lines[4096];
    uint32_t n = 0;
    char *text = strdup(strbuf_cstr(out));
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = 0;
        bool adds = strncmp(line, "+I", 2) == 0 || strncmp(line, "+U", 2) == 0;
        if (adds) {
            lines[n++] = line + 3;
            continue;
        }
        for (uint32_t i = n; i-- > 0;) {
            if (strcmp(lines[i], line + 3) != 0) continue;
            memmove(lines + i, lines + i + 1, sizeof *lines * (n - i - 1));
            n--;
            break;
        }
    }
    qsort(lines, n, sizeof *lines, driver_line_cmp);
    strbuf_clear(out);
    for (uint32_t i = 0; i < n; i++) strbuf_addf(out, "%s\n", lines[i]);
    free(text);
}

static const uint32_t driver_batches[] = { 1, 3, 2000 };

/* Every way of running gives exactly this output. */
static inline void driver_expect(Driver *d, const char *script, const char *expected)
{
    for (int restore = 0; restore < 2; restore++)
        for (int b = 0; b < 3; b++) {
            if (!driver_run(d, script, driver_batches[b], restore)) fail_msg("%s %s", d->err.message, d->err.detail);
            assert_string_equal(strbuf_cstr(&d->out), expected);
        }
}

/* One row at a time gives exactly `changelog`; every other way the same final rows. */
static inline void driver_expect_changes(Driver *d, const char *script, const char *changelog)
{
    StrBuf final = { 0 };
    strbuf_addz(&final, changelog);
    driver_fold(&final);
    for (int restore = 0; restore < 2; restore++)
        for (int b = 0; b < 3; b++) {
            if (!driver_run(d, script, driver_batches[b], restore)) fail_msg("%s %s", d->err.message, d->err.detail);
            if (b == 0) assert_string_equal(strbuf_cstr(&d->out), changelog);
            driver_fold(&d->out);
            assert_string_equal(strbuf_cstr(&d->out), strbuf_cstr(&final));
        }
    strbuf_free(&final);
}

/* Restoring from cut or spoilt bytes is refused or gives some state, but never crashes. Spoilt bytes may hold senseless values,
 * so the restored operator only has to close. */
static inline void driver_damage(Driver *d, const char *script)
{
    driver_now = d;
    clock_freeze(1704067200000000);
    driver_open(d);
    StrBuf rows = { 0 }, bytes = { 0 };
    for (Str rest = str_of(script); rest.len;) {
        uint32_t len = (uint32_t)str_find(rest, STR("\n"), 0) + 1;
        strbuf_add(&rows, rest.ptr, len);
        rest = str_sub(rest, len, rest.len);
    }
    assert_true(driver_push(d, 0, &rows));
    assert_true(d->op->cls->snapshot(d->op, &bytes, &d->err));
    op_free(d->op);
    op_free(d->capture);
    for (uint32_t round = 0; round < 2 * bytes.len; round++) {
        Err err = { 0 };
        char *copy = test_malloc(bytes.len);
        memcpy(copy, bytes.ptr, bytes.len);
        uint32_t at = round / 2;
        if (round & 1) copy[at] = (char)(copy[at] ^ (1 << round % 7));
        Reader in = { copy, copy + (round & 1 ? bytes.len : at), false };
        driver_open(d);
        bool ok = d->op->cls->restore(d->op, &in, &err);
        assert_true(ok || err.set);
        op_free(d->op);
        op_free(d->capture);
        test_free(copy);
    }
    strbuf_free(&rows);
    strbuf_free(&bytes);
    clock_thaw();
}

/* The operator fails with this code. */
static inline void driver_expect_error(Driver *d, const char *script, ErrCode code)
{
    assert_false(driver_run(d, script, 1, false));
    assert_int_equal(d->err.code, code);
}
#endif
