/* The filesystem connector: filesystem.c (options, paths, listing), filesystem_source.c, filesystem_sink.c, filesystem_partition.c. Private to them. */
#ifndef WEIR_CONNECTORS_FILESYSTEM_H
#define WEIR_CONNECTORS_FILESYSTEM_H
#include "connectors/format.h"
#include <dirent.h>

typedef struct FsConf {
    const char *root;                            /* without scheme and trailing slash */
    Str root_str;
    const FormatDef *format; Str prefix;         /* "csv.": NUL-terminated */
    Str default_partition;
    Schema payload; uint32_t *payload_col;       /* columns in the files: field -> physical column */
    uint32_t *partition_col; uint32_t npartition;    /* physical columns of the partition keys */
    bool monitor; int64_t monitor_us;
} FsConf;
/* Reads options and splits the columns into those in files and those in directory names. */
bool fs_conf(Arena *arena, const ConnTable *table, FsConf *out, Err *err) MUST_CHECK;
extern const OptionDef filesystem_options[];
Str fs_option(const ConnTable *table, const char *name);

/* Visible files below root (or root itself if it is a file), sorted by path; names with a leading . or _ are hidden. Size and time as of now. */
typedef struct FsFile { const char *path; int64_t size, modified_ms; } FsFile;
typedef struct FsFiles { FsFile *v; uint32_t n, cap; } FsFiles;
bool fs_list(Arena *arena, const char *root, FsFiles *out, Err *err) MUST_CHECK;
/* mkdir -p with the user's permissions. */
bool fs_make_dirs(const char *path, Err *err) MUST_CHECK;
bool fs_sync_dir(const char *dir, Err *err) MUST_CHECK;          /* its entries are durable */
/* readdir with errno 0 at the end: a listing that breaks off must not pass for a shorter one. */
struct dirent *fs_next_entry(DIR *handle);
/* An injected failure: true, with errno set. */
bool fs_fault(const char *point, int code);
bool fs_fail(Err *err, const char *action, const char *path);   /* with errno; always false */

/* "k=v/" texts as Hive and Flink write them: special characters as %XX, NULL and '' as the default name. */
void fs_partition_name(const Column *column, const Datum *value, const Zone *zone, Str default_name, StrBuf *out);
/* Value of column in a path below root; *null if it stands for NULL. False: the path has no such key, or its text does not fit the type. */
bool fs_partition_value(Arena *arena, const FsConf *conf, const Column *column, const char *path, const Zone *zone, Datum *out, Err *err) MUST_CHECK;

/* When partitions get their _SUCCESS file (sink.partition-commit.*). */
typedef struct FsCommitter FsCommitter;
FsCommitter *fs_committer_new(Arena *arena, const ConnTable *table, const FsConf *conf, Err *err);   /* NULL without err: nothing to do */
/* Files of this partition (path relative to root, as "a=1/b=2") became visible. */
void fs_committer_touch(FsCommitter *committer, Str partition, int64_t now_us);
/* Largest event time seen, as a bound for the watermark. */
void fs_committer_advance(FsCommitter *committer, int64_t rowtime_us);
/* Writes the markers that are due; all of them at the end. */
bool fs_committer_commit(FsCommitter *committer, int64_t now_us, bool end, Err *err) MUST_CHECK;
void fs_committer_free(FsCommitter *committer);

extern const SourceVt filesystem_source_vt;
extern const SinkVt filesystem_sink_vt;
#endif
