/* JSON decoding beside a bare hand loop, thread CPU per message, interleaved rounds, medians: bench_json [ROUNDS]
 * The loop knows keys, order and spacing, copies strings to a bump allocator and writes plain arrays; it checks neither UTF-8 nor what it skips. */
#include "connectors/format.h"
#include "engine/type/datetime.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { MESSAGES = 1 << 16, REPEAT = 40 /* CPU time may be counted in 4 ms steps */, FIELDS = 8 };
typedef enum Kind { KIND_TEXT, KIND_DOUBLE, KIND_BIGINT, KIND_TIME, KIND_BOOL } Kind;
typedef struct Shape { const char *name; const char *keys[FIELDS]; Kind kinds[FIELDS]; uint32_t n; } Shape;

static const Shape shapes[] = {
    { "weather", { "city", "temperature" }, { KIND_TEXT, KIND_DOUBLE }, 2 },
    { "sensor", { "id", "ts", "temperature", "humidity", "voltage", "status" }, { KIND_TEXT, KIND_BIGINT, KIND_DOUBLE, KIND_DOUBLE, KIND_DOUBLE, KIND_TEXT }, 6 },
    { "order", { "user", "item", "amount", "paid", "ts" }, { KIND_TEXT, KIND_TEXT, KIND_DOUBLE, KIND_BOOL, KIND_TIME }, 5 },
};

typedef struct Messages { Str v[MESSAGES]; uint64_t bytes; } Messages;

static uint32_t next_random(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint32_t)(state >> 32);
}

static void put_value(Kind kind, uint32_t field, StrBuf *out)
{
    static const char *const cities[] = { "Berlin", "Hamburg", "Munich", "Cologne", "Frankfurt am Main", "Stuttgart" };
    switch (kind) {
    case KIND_TEXT:
        if (field == 0) strbuf_addf(out, "\"%s\"", cities[next_random() % 6]);
        else strbuf_addf(out, "\"item-%05u\"", next_random() % 50000);
        break;
    case KIND_DOUBLE: strbuf_addf(out, "%s%u.%02u", next_random() % 8 ? "" : "-", next_random() % 40, next_random() % 100); break;
    case KIND_BIGINT: strbuf_addf(out, "%llu", 1706695872000ull + next_random() % 86400000); break;
    case KIND_BOOL: strbuf_addz(out, next_random() % 2 ? "true" : "false"); break;
    case KIND_TIME: strbuf_addf(out, "\"2024-01-%02u %02u:%02u:%02u.%03u\"", 1 + next_random() % 28, next_random() % 24, next_random() % 60, next_random() % 60, next_random() % 1000); break;
    }
}

static void make_messages(const Shape *shape, Arena *arena, Messages *out)
{
    StrBuf text = { 0 };
    out->bytes = 0;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        strbuf_clear(&text);
        for (uint32_t f = 0; f < shape->n; f++) {
            strbuf_addf(&text, "%c\"%s\":", f ? ',' : '{', shape->keys[f]);
            put_value(shape->kinds[f], f, &text);
        }
        strbuf_addc(&text, '}');
        out->v[i] = str_dup(arena, strbuf_str(&text));
        out->bytes += text.len;
    }
    strbuf_free(&text);
}

/* ---- the bare loop ---- */

typedef struct Bare { StrView *text[FIELDS]; double *f64[FIELDS]; int64_t *i64[FIELDS]; char *heap; uint32_t used; uint32_t key_len[FIELDS]; char keys[FIELDS][32]; } Bare;

static const char *bare_text(Bare *b, const char *p, StrView *out)
{
    const char *start = ++p;
    while (*p != '"' && *p != '\\') p++;
    uint32_t len = (uint32_t)(p - start);
    if (len > 12) {
        memcpy(b->heap + b->used, start, len);
        *out = strview_of(b->heap + b->used, len);
        b->used += len;
    } else {
        *out = strview_of(start, len);
    }
    return p + 1;
}
static const char *bare_double(const char *p, double *out)
{
    static const double pow10[] = { 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8 };
    bool negative = *p == '-';
    p += negative;
    int64_t m = 0;
    while (*p >= '0' && *p <= '9') m = m * 10 + (*p++ - '0');
    const char *point = ++p;
    while (*p >= '0' && *p <= '9') m = m * 10 + (*p++ - '0');
    *out = (double)(negative ? -m : m) / pow10[p - point];
    return p;
}
static const char *bare_bigint(const char *p, int64_t *out)
{
    int64_t v = 0;
    while (*p >= '0' && *p <= '9') v = v * 10 + (*p++ - '0');
    *out = v;
    return p;
}
static int two(const char *p) { return (p[0] - '0') * 10 + (p[1] - '0'); }
static const char *bare_time(const char *p, int64_t *out)
{
    p++;
    int64_t days = days_from_civil(two(p) * 100 + two(p + 2), two(p + 5), two(p + 8));
    *out = (((days * 24 + two(p + 11)) * 60 + two(p + 14)) * 60 + two(p + 17)) * 1000000 + (two(p + 20) * 10 + (p[22] - '0')) * 1000;
    return p + 24;
}

static void bare_init(Bare *b, const Shape *shape, Arena *arena)
{
    memset(b, 0, sizeof *b);
    b->heap = arena_alloc(arena, 1 << 20);
    for (uint32_t f = 0; f < shape->n; f++) {
        b->text[f] = ARENA_ARRAY(arena, StrView, BATCH_ROWS);
        b->f64[f] = ARENA_ARRAY(arena, double, BATCH_ROWS);
        b->i64[f] = ARENA_ARRAY(arena, int64_t, BATCH_ROWS);
        b->key_len[f] = (uint32_t)snprintf(b->keys[f], sizeof b->keys[f], "%c\"%s\":", f ? ',' : '{', shape->keys[f]);
    }
}
static void bare_message(Bare *b, const Shape *shape, Str message, uint32_t row)
{
    const char *p = message.ptr;
    for (uint32_t f = 0; f < shape->n; f++) {
        if (memcmp(p, b->keys[f], b->key_len[f]) != 0) abort();
        p += b->key_len[f];
        switch (shape->kinds[f]) {
        case KIND_TEXT: p = bare_text(b, p, &b->text[f][row]); break;
        case KIND_DOUBLE: p = bare_double(p, &b->f64[f][row]); break;
        case KIND_BIGINT: p = bare_bigint(p, &b->i64[f][row]); break;
        case KIND_TIME: p = bare_time(p, &b->i64[f][row]); break;
        case KIND_BOOL: b->i64[f][row] = *p == 't'; p += *p == 't' ? 4 : 5; break;
        }
    }
    if (*p != '}') abort();
}

/* ---- weir ---- */

static bool commit(void *ctx, RowOp op, Err *err)
{
    (void)err;
    builder_row(ctx, op);
    return true;
}

static double cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return ((double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)) * 1e3;
}
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double time_bare(const Shape *shape, const Messages *messages, Bare *bare)
{
    double from = cpu_ns();
    for (uint32_t i = 0; i < MESSAGES * REPEAT; i++) {
        if (i % BATCH_ROWS == 0) bare->used = 0;
        bare_message(bare, shape, messages->v[i % MESSAGES], i % BATCH_ROWS);
    }
    return (cpu_ns() - from) / ((double)MESSAGES * REPEAT);
}
static double time_weir(const Messages *messages, const FormatDef *format, Decoder *decoder, BatchBuilder *builder)
{
    Err err = { 0 };
    uint64_t skipped = 0;
    double from = cpu_ns();
    for (uint32_t i = 0; i < MESSAGES * REPEAT; i++) {
        if (i % BATCH_ROWS == 0) builder_reset(builder);
        if (!format->decode(decoder, messages->v[i % MESSAGES], builder, commit, builder, &skipped, &err)) abort();
    }
    return (cpu_ns() - from) / ((double)MESSAGES * REPEAT);
}

static const Type *kind_type(Arena *arena, Kind kind)
{
    switch (kind) {
    case KIND_TEXT: return type_string(true);
    case KIND_DOUBLE: return type_simple(TYPE_DOUBLE, true);
    case KIND_BIGINT: return type_simple(TYPE_BIGINT, true);
    case KIND_BOOL: return type_simple(TYPE_BOOLEAN, true);
    case KIND_TIME: return type_time(arena, TYPE_TIMESTAMP, 3, true);
    }
    return NULL;
}

static void bench(const Shape *shape, uint32_t rounds)
{
    Arena *arena = arena_new();
    Messages *messages = arena_alloc(arena, sizeof *messages);
    make_messages(shape, arena, messages);
    Column cols[FIELDS];
    for (uint32_t f = 0; f < shape->n; f++) cols[f] = (Column){ str_of(shape->keys[f]), kind_type(arena, shape->kinds[f]) };
    Schema schema = { cols, shape->n };
    Options options = { 0 };
    Err err = { 0 };
    FormatSpec spec = { &schema, NULL, &options, "json.", zone_utc(), false, false };
    const FormatDef *format = format_find(STR("json"));
    Decoder *decoder = format->decoder_new(&spec, &err);
    BatchBuilder builder;
    Bare bare;
    builder_init(&builder, &schema, BATCH_ROWS);
    bare_init(&bare, shape, arena);
    double *b = ARENA_ARRAY(arena, double, rounds), *w = ARENA_ARRAY(arena, double, rounds);
    for (uint32_t i = 0; i < rounds; i++) {
        b[i] = time_bare(shape, messages, &bare);
        w[i] = time_weir(messages, format, decoder, &builder);
    }
    qsort(b, rounds, sizeof *b, by_value);
    qsort(w, rounds, sizeof *w, by_value);
    printf("%-8s %4.0f B/message  bare %6.1f ns  weir %6.1f ns  ratio %.2f of the yardstick's speed\n", shape->name, (double)messages->bytes / MESSAGES, b[rounds / 2], w[rounds / 2],
           b[rounds / 2] / w[rounds / 2]);
    format->decoder_free(decoder);
    builder_free(&builder);
    arena_free(arena);
}

int main(int argc, char **argv)
{
    uint32_t rounds = argc > 1 ? (uint32_t)atoi(argv[1]) : 7;
    for (uint32_t i = 0; i < sizeof shapes / sizeof *shapes; i++) bench(&shapes[i], rounds < 1 ? 1 : rounds);
    return 0;
}
