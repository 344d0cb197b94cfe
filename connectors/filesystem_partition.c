/* Partition directories k=v and the commit of complete partitions (a marker file). Names as Flink's PartitionPathUtils escapes them.
 * A partition's marker is written at a checkpoint or at the end, when its trigger has fired: process-time = delay after its first file, partition-time =
 * the event time seen passes the partition's own time plus delay. Threading: the job's thread. */
#include "connectors/filesystem.h"
#include "engine/base/hashtab.h"
#include "engine/base/io.h"
#include "engine/type/text.h"

#include <stdio.h>

/* ---- names ---- */

static bool is_special(unsigned char c)
{
    return c < 0x20 || c == 0x7f || (c && strchr("\"#%'*/:=?\\{[]^", c));
}

void fs_partition_name(const Column *column, const Datum *value, const Zone *zone, Str default_name, StrBuf *out)
{
    StrBuf text = { 0 };
    if (!value->null) datum_print(column->type, value, zone, &text);
    Str name = text.len ? strbuf_str(&text) : default_name;
    for (int part = 0; part < 2; part++) {
        Str s = part ? name : column->name;
        if (part) strbuf_addc(out, '=');
        for (uint32_t i = 0; i < s.len; i++) {
            if (is_special((unsigned char)s.ptr[i])) strbuf_addf(out, "%%%02X", (unsigned char)s.ptr[i]);
            else strbuf_addc(out, s.ptr[i]);
        }
    }
    strbuf_free(&text);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static Str unescape(Arena *arena, Str text)
{
    char *out = arena_alloc(arena, text.len + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        int high = text.ptr[i] == '%' && i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1, low = high >= 0 ? hex_value(text.ptr[i + 2]) : -1;
        out[n++] = low >= 0 ? (char)(high * 16 + low) : text.ptr[i];
        if (low >= 0) i += 2;
    }
    return (Str){ out, n };
}

bool fs_partition_value(Arena *arena, const FsConf *conf, const Column *column, const char *path, const Zone *zone, Datum *out, Err *err)
{
    Str rest = str_of(path);
    rest = str_sub(rest, conf->root_str.len, rest.len);
    for (int64_t slash; (slash = str_find(rest, STR("/"), 0)) >= 0; rest = str_sub(rest, (uint32_t)slash + 1, rest.len)) {
        Str part = str_sub(rest, 0, (uint32_t)slash);
        int64_t equals = str_find(part, STR("="), 0);
        if (equals < 0 || !str_eq(unescape(arena, str_sub(part, 0, (uint32_t)equals)), column->name)) continue;
        Str text = unescape(arena, str_sub(part, (uint32_t)equals + 1, part.len));
        *out = (Datum){ 0 };
        if (str_eq(text, conf->default_partition)) { out->null = true; return true; }
        if (type_is_string(column->type)) { out->v.str = strview_copy(arena, text.ptr, text.len); return true; }
        return datum_parse(arena, column->type, text, zone, out, err);
    }
    err_set(err, E_DATA, "file \"%s\" does not stand in a directory \"" STR_FMT "=..\"", path, STR_ARG(column->name));
    return err_hint(err, "Each file of a partitioned table stands in directories named key=value, one for each column of PARTITIONED BY.");
}

/* ---- commit ---- */

typedef struct Waiting { int64_t since_us; bool due_known; int64_t due_us; } Waiting;

struct FsCommitter {
    const ConnTable *table; const FsConf *conf;
    bool by_time;                                /* partition-time */
    int64_t delay_us, rowtime_us;
    Str marker, pattern;
    DatePattern *formatter;
    const Zone *zone;
    StrMap waiting; Waiting *list; uint32_t cap; /* partition -> its times */
    Arena *arena;
};

FsCommitter *fs_committer_new(Arena *arena, const ConnTable *table, const FsConf *conf, Err *err)
{
    const char *why;
    if (conf->npartition == 0 || fs_option(table, "sink.partition-commit.policy.kind").len == 0) return NULL;
    FsCommitter *c = ARENA_NEW(arena, FsCommitter);
    c->table = table;
    c->conf = conf;
    c->arena = arena;
    c->rowtime_us = INT64_MIN;
    c->by_time = str_iis(fs_option(table, "sink.partition-commit.trigger"), "partition-time");
    c->marker = fs_option(table, "sink.partition-commit.success-file.name");
    c->pattern = fs_option(table, "partition.time-extractor.timestamp-pattern");
    Str formatter = fs_option(table, "partition.time-extractor.timestamp-formatter"), zone = fs_option(table, "sink.partition-commit.watermark-time-zone");
    if (!options_i64(table->options, filesystem_options, "sink.partition-commit.delay", &c->delay_us, err)) return NULL;
    c->formatter = pattern_compile(arena, formatter, PATTERN_FORMATTER, &why);
    if (!c->formatter) {
        err_set(err, E_OPTION, "option \"partition.time-extractor.timestamp-formatter\": %s", why);
        return NULL;
    }
    c->zone = zone_find(zone);
    if (!c->zone) err_set(err, E_OPTION, "option \"sink.partition-commit.watermark-time-zone\" names no time zone: \"" STR_FMT "\"", STR_ARG(zone));
    return c->zone ? c : NULL;
}

void fs_committer_free(FsCommitter *c)
{
    if (c) strmap_free(&c->waiting);
}

/* "$dt $hour:00" with the values of the partition "dt=2024-01-01/hour=10". */
static void fill_pattern(const FsCommitter *c, Str partition, Arena *arena, StrBuf *out)
{
    Str pattern = c->pattern.len ? c->pattern : STR("");
    for (uint32_t p = 0; !c->pattern.len && p < c->conf->npartition; p++)      /* without a pattern: the values joined by blanks */
        pattern = str_printf(arena, STR_FMT "%s$" STR_FMT, STR_ARG(pattern), p ? " " : "", STR_ARG(c->table->partition[p]));
    for (uint32_t i = 0; i < pattern.len;) {
        uint32_t best = 0;
        Str value = STR_NULL;
        for (Str rest = partition; pattern.ptr[i] == '$' && rest.len;) {
            int64_t slash = str_find(rest, STR("/"), 0);
            Str part = slash < 0 ? rest : str_sub(rest, 0, (uint32_t)slash);
            int64_t equals = str_find(part, STR("="), 0);
            Str key = unescape(arena, str_sub(part, 0, equals < 0 ? 0 : (uint32_t)equals));
            if (key.len > best && str_eq(str_sub(pattern, i + 1, key.len), key)) {
                best = key.len;
                value = unescape(arena, str_sub(part, (uint32_t)equals + 1, part.len));
            }
            rest = slash < 0 ? STR_NULL : str_sub(rest, (uint32_t)slash + 1, rest.len);
        }
        if (best) strbuf_adds(out, value);
        else strbuf_addc(out, pattern.ptr[i]);
        i += best ? best + 1 : 1;
    }
}

/* Time of the partition by its values; false: they hold none, it then waits for the end. */
static bool partition_time(const FsCommitter *c, Str partition, int64_t *out_us)
{
    Arena *arena = arena_new();
    StrBuf text = { 0 };
    Instant local;
    bool has_offset;
    int32_t offset;
    fill_pattern(c, partition, arena, &text);
    bool ok = pattern_parse(c->formatter, strbuf_str(&text), &local, &has_offset, &offset) || timestamp_parse_cast(strbuf_str(&text), &local);
    if (ok) *out_us = zone_to_utc(c->zone, local.sec) * 1000000 + local.nano / 1000;
    strbuf_free(&text);
    arena_free(arena);
    return ok;
}

void fs_committer_touch(FsCommitter *c, Str partition, int64_t now_us)
{
    bool added;
    if (!c) return;
    uint32_t slot = strmap_put(&c->waiting, partition, &added);
    if (slot >= c->cap) {
        uint32_t cap = slot * 2 + 16;
        c->list = arena_grow(c->arena, c->list, c->cap * sizeof *c->list, cap * sizeof *c->list);
        c->cap = cap;
    }
    if (!added) return;
    Waiting *w = &c->list[slot];
    w->since_us = now_us;
    w->due_known = !c->by_time || partition_time(c, partition, &w->due_us);
    if (w->due_known) w->due_us = (c->by_time ? w->due_us : now_us) + c->delay_us;
}

void fs_committer_advance(FsCommitter *c, int64_t rowtime_us)
{
    if (c && rowtime_us > c->rowtime_us) c->rowtime_us = rowtime_us;
}

bool fs_committer_commit(FsCommitter *c, int64_t now_us, bool end, Err *err)
{
    if (!c) return true;
    bool ok = true;
    StrBuf path = { 0 };
    for (uint32_t slot = strmap_first(&c->waiting), next; ok && slot != STRMAP_NONE; slot = next) {
        const Waiting *w = &c->list[slot];
        next = strmap_next(&c->waiting, slot);
        if (!end && (!w->due_known || (c->by_time ? c->rowtime_us : now_us) < w->due_us)) continue;
        strbuf_clear(&path);
        strbuf_addf(&path, "%s/" STR_FMT "/" STR_FMT, c->conf->root, STR_ARG(strmap_key(&c->waiting, slot)), STR_ARG(c->marker));
        ok = io_write_file(strbuf_cstr(&path), STR(""), err);
        if (ok) strmap_remove_slot(&c->waiting, slot);
    }
    strbuf_free(&path);
    return ok;
}
