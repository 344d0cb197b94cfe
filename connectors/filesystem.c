/* The filesystem connector's row: options, checks, path and column layout, directory listing. Local files only; other schemes are refused.
 * Options and defaults are Flink's. Owns nothing. */
#include "connectors/filesystem.h"
#include "engine/base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const OptionDef filesystem_options[] = {
    { "path", OPT_STRING, NULL, OPTF_REQUIRED | OPTF_IDENTITY, NULL, "File or directory; a file:// URL works too." },
    { "format", OPT_STRING, NULL, OPTF_REQUIRED, NULL, "Format of the records: one a line." },
    { "source.monitor-interval", OPT_DURATION, NULL, OPTF_SOURCE, NULL, "Look for new files at this interval; without it the files found at the start are read once." },
    { "source.path.regex-pattern", OPT_STRING, NULL, OPTF_SOURCE | OPTF_IGNORED, NULL, "Selects files by name." },
    { "partition.default-name", OPT_STRING, "__DEFAULT_PARTITION__", 0, NULL, "Directory name of NULL and empty partition values." },
    { "partition.time-extractor.kind", OPT_STRING, "default", OPTF_SINK, NULL, "How a partition's time is found; only 'default'." },
    { "partition.time-extractor.class", OPT_STRING, NULL, OPTF_SINK | OPTF_IGNORED, NULL, "Java class of a custom time extractor." },
    { "partition.time-extractor.timestamp-pattern", OPT_STRING, NULL, OPTF_SINK, NULL, "Time of a partition out of its values: '$dt $hour:00:00'." },
    { "partition.time-extractor.timestamp-formatter", OPT_STRING, "yyyy-MM-dd HH:mm:ss", OPTF_SINK, NULL, "Java date pattern that reads the timestamp-pattern's text." },
    { "sink.rolling-policy.file-size", OPT_MEMORY, "128 mb", OPTF_SINK, NULL, "Size at which a file is closed." },
    { "sink.rolling-policy.rollover-interval", OPT_DURATION, "30 min", OPTF_SINK, NULL, "Age at which a file is closed." },
    { "sink.rolling-policy.check-interval", OPT_DURATION, "1 min", OPTF_SINK, NULL, "How often the age is looked at." },
    { "sink.rolling-policy.inactivity-interval", OPT_DURATION, NULL, OPTF_SINK | OPTF_IGNORED, NULL, "Time without rows after which a file is closed." },
    { "sink.partition-commit.trigger", OPT_ENUM, "process-time", OPTF_SINK, "process-time|partition-time", "What makes a partition complete." },
    { "sink.partition-commit.delay", OPT_DURATION, "0 s", OPTF_SINK, NULL, "Time to wait before a partition is complete." },
    { "sink.partition-commit.watermark-time-zone", OPT_STRING, "UTC", OPTF_SINK, NULL, "Zone in which the partition's time is read when rows carry TIMESTAMP_LTZ event time." },
    { "sink.partition-commit.policy.kind", OPT_STRING, NULL, OPTF_SINK, NULL, "What is done when a partition is complete: 'success-file'." },
    { "sink.partition-commit.policy.class", OPT_STRING, NULL, OPTF_SINK | OPTF_IGNORED, NULL, "Java class of a custom policy." },
    { "sink.partition-commit.success-file.name", OPT_STRING, "_SUCCESS", OPTF_SINK, NULL, "Name of the marker file." },
    { "sink.shuffle-by-partition.enable", OPT_BOOL, "false", OPTF_SINK | OPTF_IGNORED, NULL, "Send a partition's rows to one writer; weir has one." },
    { "auto-compaction", OPT_BOOL, "false", OPTF_SINK | OPTF_IGNORED, NULL, "Merge small files." },
    { "compaction.file-size", OPT_MEMORY, NULL, OPTF_SINK | OPTF_IGNORED, NULL, "Size of merged files." },
    { "compaction.parallelism", OPT_INT, NULL, OPTF_SINK | OPTF_IGNORED, NULL, "Parallel mergers." },
    { "sink.parallelism", OPT_INT, NULL, OPTF_SINK | OPTF_IGNORED, NULL, "Parallel writers." },
    { "source.report-statistics", OPT_ENUM, "all", OPTF_SOURCE | OPTF_IGNORED, "all|none", "Statistics for Flink's planner." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};
static const MetadataDef filesystem_metadata[] = {
    { "file.path", "STRING NOT NULL", false, "Full path of the file." },
    { "file.name", "STRING NOT NULL", false, "Last part of the path." },
    { "file.size", "BIGINT NOT NULL", false, "Bytes of the file." },
    { "file.modification-time", "TIMESTAMP_LTZ(3) NOT NULL", false, "When the file was last written." },
    { NULL, NULL, false, NULL },
};

Str fs_option(const ConnTable *table, const char *name)
{
    return options_text(table->options, filesystem_options, name);
}

bool fs_fail(Err *err, const char *action, const char *path)
{
    char text[128];
    return err_set(err, E_IO, "cannot %s \"%s\": %s", action, path, strerror_r(errno, text, sizeof text));
}

/* ---- configuration ---- */

/* file:///a, file:/a and file://host/a are /a; a scheme of another kind is refused. */
static bool path_conf(Arena *arena, const ConnTable *table, FsConf *out, Err *err)
{
    const Option *option = options_find(table->options, STR("path"));
    if (!option || option->value.len == 0) return err_set(err, E_OPTION, "connector 'filesystem' requires option \"path\"");
    Str path = option->value;
    int64_t scheme = str_find(path, STR("://"), 0);
    if (str_starts(path, "file:")) {
        path = str_sub(path, 5, path.len);
        if (str_starts(path, "//")) {
            int64_t slash = str_find(path, STR("/"), 2);
            path = slash < 0 ? STR("/") : str_sub(path, (uint32_t)slash, path.len);
        }
    } else if (scheme > 0) {
        err_at(err, E_UNSUPPORTED, option->value_span, "connector 'filesystem' cannot reach \"" STR_FMT "://\"", (int)scheme, path.ptr);
        return err_hint(err, "weir reads and writes local paths: mount the store, or copy the files.");
    }
    while (path.len > 1 && path.ptr[path.len - 1] == '/') path.len--;
    out->root = str_cstr(arena, path);
    out->root_str = str_of(out->root);
    return true;
}

/* The nearest name, or all that work in files. */
static bool format_hint(Arena *arena, Str wanted, Err *err)
{
    uint32_t n, usable = 0;
    const FormatDef *const *all = format_all(&n);
    Str *names = ARENA_ARRAY(arena, Str, n), list = STR("");
    for (uint32_t i = 0; i < n; i++) {
        if (!all[i]->line_end) continue;
        names[usable++] = str_of(all[i]->name);
        list = str_printf(arena, STR_FMT "%s%s", STR_ARG(list), list.len ? ", " : "", all[i]->name);
    }
    int near = str_nearest(wanted, names, usable);
    if (near >= 0) return err_hint(err, "Did you mean \"" STR_FMT "\"?", STR_ARG(names[near]));
    return err_hint(err, "Formats for files: " STR_FMT ".", STR_ARG(list));
}

static bool format_conf(Arena *arena, const ConnTable *table, FsConf *out, Err *err)
{
    const Option *option = options_find(table->options, STR("format"));
    if (!option) return err_set(err, E_OPTION, "connector 'filesystem' requires option \"format\"");
    out->format = format_find(option->value);
    if (!out->format) {
        err_at(err, E_OPTION, option->value_span, "format \"" STR_FMT "\" does not exist", STR_ARG(option->value));
        return format_hint(arena, option->value, err);
    }
    if (!out->format->line_end) return err_at(err, E_UNSUPPORTED, option->value_span, "format '%s' cannot be used in files", out->format->name);
    const char *prefix = str_cstr(arena, str_printf(arena, "%s.", out->format->name));
    out->prefix = str_of(prefix);
    return true;
}

static bool layout_conf(Arena *arena, const ConnTable *table, FsConf *out, Err *err)
{
    Column *columns = ARENA_ARRAY(arena, Column, table->physical.n);
    out->payload_col = ARENA_ARRAY(arena, uint32_t, table->physical.n);
    out->partition_col = ARENA_ARRAY(arena, uint32_t, table->npartition);
    for (uint32_t p = 0; p < table->npartition; p++) {
        int at = schema_find(&table->physical, table->partition[p]);
        if (at < 0) return err_set(err, E_NO_COLUMN, "partition column \"" STR_FMT "\" does not exist", STR_ARG(table->partition[p]));
        if (type_is_nested(table->physical.cols[at].type))
            return err_set(err, E_UNSUPPORTED, "partition column \"" STR_FMT "\" cannot be of a nested type", STR_ARG(table->partition[p]));
        out->partition_col[out->npartition++] = (uint32_t)at;
    }
    for (uint32_t c = 0; c < table->physical.n; c++) {
        bool partition = false;
        for (uint32_t p = 0; p < out->npartition; p++) partition |= out->partition_col[p] == c;
        if (partition) continue;
        columns[out->payload.n] = table->physical.cols[c];
        out->payload_col[out->payload.n++] = c;
    }
    out->payload.cols = columns;
    return true;
}

bool fs_conf(Arena *arena, const ConnTable *table, FsConf *out, Err *err)
{
    *out = (FsConf){ 0 };
    if (!path_conf(arena, table, out, err) || !format_conf(arena, table, out, err) || !layout_conf(arena, table, out, err)) return false;
    out->default_partition = fs_option(table, "partition.default-name");
    out->monitor = options_find(table->options, STR("source.monitor-interval")) != NULL;
    if (!options_i64(table->options, filesystem_options, "source.monitor-interval", &out->monitor_us, err)) return false;
    if (out->monitor && out->monitor_us <= 0) return err_set(err, E_OPTION, "option \"source.monitor-interval\" must be above 0");
    return true;
}

static bool filesystem_check(const ConnTable *table, bool as_sink, Err *err)
{
    Arena *arena = arena_new();
    FsConf conf;
    Str kind = fs_option(table, "partition.time-extractor.kind"), policy = fs_option(table, "sink.partition-commit.policy.kind");
    bool ok = fs_conf(arena, table, &conf, err);
    if (ok && conf.format->check) ok = conf.format->check(&conf.payload, table->options, conf.prefix.ptr, err);
    if (ok && as_sink && !str_is(kind, "default")) {
        ok = err_set(err, E_UNSUPPORTED, "option \"partition.time-extractor.kind\" = '" STR_FMT "' needs a Java class", STR_ARG(kind));
        err_hint(err, "Use 'default' with 'partition.time-extractor.timestamp-pattern'.");
    }
    if (ok && as_sink && policy.len && !str_is(policy, "success-file")) {
        ok = err_set(err, E_UNSUPPORTED, "option \"sink.partition-commit.policy.kind\" = '" STR_FMT "' is not supported by weir", STR_ARG(policy));
        err_hint(err, "Use 'success-file'; there is no metastore to tell.");
    }
    arena_free(arena);
    return ok;
}

static const FormatDef *format_of(const ConnTable *table)
{
    const Option *option = options_find(table->options, STR("format"));
    return option ? format_find(option->value) : NULL;
}
static uint8_t filesystem_changes(const ConnTable *table)
{
    const FormatDef *format = format_of(table);
    return format ? format->changes : CHANGES_INSERT;
}
static bool filesystem_bounded(const ConnTable *table)
{
    return !options_find(table->options, STR("source.monitor-interval"));
}

/* ---- directories ---- */

bool fs_fault(const char *point, int code)
{
    if (!fault_hit(point)) return false;
    errno = code;
    return true;
}

struct dirent *fs_next_entry(DIR *handle)
{
    errno = 0;
    return fs_fault("fs.readdir", EIO) ? NULL : readdir(handle);
}

bool fs_sync_dir(const char *dir, Err *err)
{
    int fd = fs_fault("fs.opendir", EACCES) ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = (fd >= 0 && !fs_fault("fs.fsyncdir", EIO) && fsync(fd) == 0) || fs_fail(err, "write to", dir);
    if (fd >= 0) close(fd);
    return ok;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const FsFile *)a)->path, ((const FsFile *)b)->path);
}

static bool list_dir(Arena *arena, const char *dir, FsFiles *out, int depth, Err *err)
{
    enum { DEPTH_MAX = 64 };
    DIR *handle = depth > DEPTH_MAX ? (errno = ELOOP, NULL) : fs_fault("fs.opendir", EACCES) ? NULL : opendir(dir);
    struct stat st;
    bool ok = true;
    if (!handle) return errno == ENOENT && depth > 0 ? true : fs_fail(err, "list", dir);
    for (struct dirent *entry; ok && (entry = fs_next_entry(handle)) != NULL;) {
        if (entry->d_name[0] == '.' || entry->d_name[0] == '_') continue;
        const char *path = str_cstr(arena, str_printf(arena, "%s%s%s", dir, strcmp(dir, "/") == 0 ? "" : "/", entry->d_name));
        if (fs_fault("fs.stat", EIO) || stat(path, &st) != 0) {
            if (errno != ENOENT) ok = fs_fail(err, "read", path);
            continue;                            /* gone since it was listed */
        }
        if (S_ISDIR(st.st_mode)) ok = list_dir(arena, path, out, depth + 1, err);
        else if (S_ISREG(st.st_mode)) {
            FsFile file = { path, st.st_size, st.st_mtim.tv_sec * 1000ll + st.st_mtim.tv_nsec / 1000000 };
            ARENA_PUSH(arena, *out, file);
        }
    }
    if (ok && errno) ok = fs_fail(err, "list", dir);
    closedir(handle);
    return ok;
}

bool fs_list(Arena *arena, const char *root, FsFiles *out, Err *err)
{
    struct stat st;
    *out = (FsFiles){ 0 };
    if (fs_fault("fs.stat", EIO) || stat(root, &st) != 0) return fs_fail(err, "read", root);
    if (!S_ISDIR(st.st_mode)) {
        FsFile file = { str_cstr(arena, str_of(root)), st.st_size, st.st_mtim.tv_sec * 1000ll + st.st_mtim.tv_nsec / 1000000 };
        ARENA_PUSH(arena, *out, file);
        return true;
    }
    if (!list_dir(arena, root, out, 0, err)) return false;
    if (out->n) qsort(out->v, out->n, sizeof *out->v, compare_files);
    return true;
}

/* One level; a new one is durable once its parent's entry is. */
static bool make_dir(const char *dir, Err *err)
{
    if (!fs_fault("fs.mkdir", EACCES) && mkdir(dir, 0777) == 0) {
        const char *slash = strrchr(dir, '/');
        StrBuf parent = { 0 };
        if (slash) strbuf_add(&parent, dir, slash == dir ? 1 : (uint32_t)(slash - dir));
        else strbuf_addc(&parent, '.');
        bool ok = fs_sync_dir(strbuf_cstr(&parent), err);
        strbuf_free(&parent);
        return ok;
    }
    return errno == EEXIST || fs_fail(err, "create directory", dir);
}

bool fs_make_dirs(const char *path, Err *err)
{
    StrBuf part = { 0 };
    bool ok = true;
    for (const char *p = path; ok; p++) {
        if ((*p == '/' || !*p) && part.len > 0) ok = make_dir(strbuf_cstr(&part), err);
        if (!*p) break;
        strbuf_addc(&part, *p);
    }
    strbuf_free(&part);
    return ok;
}

extern const ConnectorDef connector_filesystem;
const ConnectorDef connector_filesystem = {
    .name = "filesystem", .caps = CONN_SOURCE | CONN_SINK | CONN_PUSH_PROJECTION | CONN_PUSH_LIMIT | CONN_OVERWRITE | CONN_PARTITIONED, .options = filesystem_options,
    .metadata = filesystem_metadata, .formats = true, .check = filesystem_check, .source_changes = filesystem_changes, .sink_changes = filesystem_changes,
    .bounded = filesystem_bounded, .source = &filesystem_source_vt, .sink = &filesystem_sink_vt, .doc = "Files and directories of this machine, one record a line.",
};
