/* The SET keys: one row each, the only place that knows their types and defaults. Names and defaults are Flink's, save
 * table.exec.sink.require-on-conflict (docs/differences.md). Rows flagged OPTF_IGNORED are accepted because job files carry them:
 * they tune a cluster, a JVM or a planner that weir does not have. Pure: no state. */
#include "engine/plan/config.h"
#include "engine/type/datetime.h"

#define IGN OPTF_IGNORED
#define PIGN (OPTF_PREFIX | OPTF_IGNORED)

const OptionDef config_defs[] = {
    /* execution */
    { "execution.runtime-mode", OPT_ENUM, "streaming", 0, "streaming|batch|automatic", "Continuous queries with changelogs, or bounded inputs with final rows only." },
    { "parallelism.default", OPT_INT, NULL, IGN, NULL, "A job runs as one pipeline." },
    { "pipeline.name", OPT_STRING, NULL, 0, NULL, "Name of the next jobs; default insert-into_<table>." },
    { "pipeline.auto-watermark-interval", OPT_DURATION, "200 ms", 0, NULL, "How often watermarks are emitted; 0 = after every row." },
    { "weir.pin-cores", OPT_BOOL, "true", 0, NULL, "Keep a job and the client threads of its connectors on one core each." },
    { "pipeline.max-parallelism", OPT_INT, "-1", IGN, NULL, "Key groups of a cluster job." },
    { "pipeline.object-reuse", OPT_BOOL, "false", IGN, NULL, "JVM object reuse." },
    { "pipeline.operator-chaining.enabled", OPT_BOOL, "true", IGN, NULL, "Operators of one pipeline are always chained." },
    { "pipeline.operator-chaining", OPT_BOOL, "true", IGN, NULL, "Old name of pipeline.operator-chaining.enabled." },
    { "pipeline.jars", OPT_LIST, NULL, IGN, NULL, "weir loads no JARs." },
    { "pipeline.classpaths", OPT_LIST, NULL, IGN, NULL, "weir loads no JARs." },
    /* checkpoints */
    { "execution.checkpointing.interval", OPT_DURATION, "30 s", 0, NULL, "Time between checkpoints; 0 = none." },
    { "execution.checkpointing.min-pause", OPT_DURATION, "0 ms", 0, NULL, "Least time between the end of a checkpoint and the next." },
    { "execution.checkpointing.timeout", OPT_DURATION, "10 min", 0, NULL, "A checkpoint that takes longer is given up; the next one is tried." },
    { "execution.checkpointing.tolerable-failed-checkpoints", OPT_INT, NULL, 0, NULL, "Failed checkpoints in a row after which the job fails; not set = it goes on and says so each time." },
    { "execution.checkpointing.num-retained", OPT_INT, NULL, 0, NULL, "Checkpoints kept on disk; default 2, never fewer." },
    { "state.checkpoints.num-retained", OPT_INT, NULL, 0, NULL, "Old name of execution.checkpointing.num-retained." },
    { "weir.checkpoint-fork-above", OPT_MEMORY, "16 mb", 0, NULL, "State larger than this (in memory) is encoded by a forked process while the job goes on; smaller state at once." },
    { "execution.checkpointing.mode", OPT_ENUM, "EXACTLY_ONCE", IGN, "EXACTLY_ONCE|AT_LEAST_ONCE", "State is always exactly-once; each sink chooses its guarantee." },
    { "execution.checkpointing.dir", OPT_STRING, NULL, IGN, NULL, "Checkpoints are kept below --state-dir." },
    { "execution.checkpointing.savepoint-dir", OPT_STRING, NULL, IGN, NULL, "There are no savepoints: copy the job's folder below --state-dir." },
    { "execution.checkpointing.max-concurrent-checkpoints", OPT_INT, "1", IGN, NULL, "weir takes one checkpoint at a time." },
    { "execution.checkpointing.unaligned.enabled", OPT_BOOL, "false", IGN, NULL, "Barriers never queue behind data in weir." },
    { "execution.checkpointing.unaligned", OPT_BOOL, "false", IGN, NULL, "Old name of execution.checkpointing.unaligned.enabled." },
    { "execution.checkpointing.externalized-checkpoint-retention", OPT_ENUM, "NO_EXTERNALIZED_CHECKPOINTS", IGN, "NO_EXTERNALIZED_CHECKPOINTS|DELETE_ON_CANCELLATION|RETAIN_ON_CANCELLATION", "Checkpoints outlive the process until the job has ended by itself." },
    { "execution.checkpointing.storage", OPT_STRING, NULL, IGN, NULL, "Checkpoints are kept below --state-dir." },
    { "execution.checkpointing.incremental", OPT_BOOL, "false", IGN, NULL, "Checkpoints are whole." },
    { "execution.state-recovery.path", OPT_STRING, NULL, 0, NULL, "Start from a savepoint: refused, there are none." },
    { "execution.state-recovery.ignore-unclaimed-state", OPT_BOOL, "false", 0, NULL, "Start although state of the last checkpoint belongs to no operator of the changed query (--allow-non-restored-state)." },
    { "execution.savepoint.path", OPT_STRING, NULL, 0, NULL, "Old name of execution.state-recovery.path." },
    { "state.checkpoints.dir", OPT_STRING, NULL, IGN, NULL, "Old name of execution.checkpointing.dir." },
    { "state.savepoints.dir", OPT_STRING, NULL, IGN, NULL, "Old name of execution.checkpointing.savepoint-dir." },
    { "state.backend.type", OPT_STRING, NULL, IGN, NULL, "weir has one state backend." },
    { "state.backend", OPT_STRING, NULL, IGN, NULL, "weir has one state backend." },
    { "state.backend.incremental", OPT_BOOL, "false", IGN, NULL, "Checkpoints are whole." },
    { "state.checkpoint-storage", OPT_STRING, NULL, IGN, NULL, "Checkpoints are kept below --state-dir." },
#define RESTARTS "none|off|disable|fixed-delay|fixeddelay|failure-rate|failurerate|exponential-delay|exponentialdelay"
    { "restart-strategy.type", OPT_ENUM, NULL, 0, RESTARTS, "How a failed job begins again from its last checkpoint; not set = exponential-delay, after failures that may pass by themselves." },
    { "restart-strategy", OPT_ENUM, NULL, 0, RESTARTS, "Old name of restart-strategy.type." },
    { "restart-strategy.fixed-delay.attempts", OPT_INT, "1", 0, NULL, "Restarts before the job fails." },
    { "restart-strategy.fixed-delay.delay", OPT_DURATION, "1 s", 0, NULL, "Pause before a restart." },
    { "restart-strategy.failure-rate.max-failures-per-interval", OPT_INT, "1", 0, NULL, "Restarts within the interval before the job fails." },
    { "restart-strategy.failure-rate.failure-rate-interval", OPT_DURATION, "1 min", 0, NULL, "The interval of that count." },
    { "restart-strategy.failure-rate.delay", OPT_DURATION, "1 s", 0, NULL, "Pause before a restart." },
    { "restart-strategy.exponential-delay.initial-backoff", OPT_DURATION, "1 s", 0, NULL, "First pause." },
    { "restart-strategy.exponential-delay.max-backoff", OPT_DURATION, "1 min", 0, NULL, "Longest pause." },
    { "restart-strategy.exponential-delay.backoff-multiplier", OPT_DOUBLE, "1.5", 0, NULL, "Growth of the pause from one restart to the next." },
    { "restart-strategy.exponential-delay.reset-backoff-threshold", OPT_DURATION, "1 h", 0, NULL, "Time without failure after which the pause is the first again." },
    { "restart-strategy.exponential-delay.jitter-factor", OPT_DOUBLE, "0.1", 0, NULL, "Random part of the pause." },
    { "restart-strategy.exponential-delay.attempts-before-reset-backoff", OPT_INT, "-1", 0, NULL, "Restarts before the job fails; -1 = no limit." },
    /* table: time and semantics */
    { "table.local-time-zone", OPT_STRING, "default", 0, NULL, "Session time zone: \"Europe/Paris\", \"GMT+05:30\", \"UTC\"; default = the system's." },
    { "table.sql-dialect", OPT_ENUM, "default", 0, "default|hive", "Only the default dialect is spoken." },
    { "table.dml-sync", OPT_BOOL, "false", 0, NULL, "INSERT returns when its job has ended." },
    { "table.dynamic-table-options.enabled", OPT_BOOL, "true", IGN, NULL, "OPTIONS hints are always allowed." },
    { "table.column-expansion-strategy", OPT_LIST, NULL, IGN, NULL, "* always expands to every column." },
    { "table.display.max-column-width", OPT_INT, "30", 0, NULL, "Widest column of a result table." },
    { "table.plan.compile.catalog-objects", OPT_STRING, "ALL", IGN, NULL, "Compiled plans." },
    { "table.plan.force-recompile", OPT_BOOL, "false", IGN, NULL, "Compiled plans." },
    { "table.plan.restore.catalog-objects", OPT_STRING, "ALL", IGN, NULL, "Compiled plans." },
    { "table.generated-code.max-length", OPT_INT, "4000", IGN, NULL, "weir generates no code." },
    { "table.rtas-ctas.atomicity-enabled", OPT_BOOL, "false", IGN, NULL, "Atomic CREATE TABLE AS." },
    /* table.exec */
    { "table.exec.state.ttl", OPT_DURATION, "0 ms", 0, NULL, "Idle keys of unbounded state are dropped after this time; 0 = never." },
    { "table.exec.source.idle-timeout", OPT_DURATION, "0 ms", 0, NULL, "A source split without rows for this long stops holding back the watermark; 0 = off." },
    { "table.exec.source.cdc-events-duplicate", OPT_BOOL, "false", 0, NULL, "CDC sources may repeat events: normalise them by primary key." },
    { "table.exec.sink.not-null-enforcer", OPT_ENUM, "ERROR", 0, "ERROR|DROP", "A NULL for a NOT NULL column fails the job, or its row is dropped." },
    { "table.exec.sink.type-length-enforcer", OPT_ENUM, "IGNORE", 0, "IGNORE|TRIM_PAD|ERROR", "Values of another length are written as they are; TRIM_PAD and ERROR are refused." },
    { "table.exec.sink.upsert-materialize", OPT_ENUM, "AUTO", 0, "NONE|AUTO|FORCE", "Keep the last row per sink key where the query's key is another." },
    { "table.exec.sink.require-on-conflict", OPT_BOOL, "false", 0, NULL, "Refuse INSERT without ON CONFLICT where the query's upsert key is not the sink's primary key." },
    { "table.exec.sink.keyed-shuffle", OPT_ENUM, "AUTO", IGN, "NONE|AUTO|FORCE", "Shuffle before sinks." },
    { "table.exec.sink.rowtime-inserter", OPT_ENUM, "ENABLED", 0, "ENABLED|DISABLED", "Write the time attribute as the record's timestamp." },
    { "table.exec.legacy-cast-behaviour", OPT_ENUM, "DISABLED", 0, "ENABLED|DISABLED", "ENABLED: CAST gives NULL where it would fail, and does not pad." },
    { "table.exec.mini-batch.enabled", OPT_BOOL, "false", IGN, NULL, "Rows are handled in batches anyway." },
    { "table.exec.mini-batch.allow-latency", OPT_DURATION, "0 ms", IGN, NULL, "Rows are handled in batches anyway." },
    { "table.exec.mini-batch.size", OPT_LONG, "-1", IGN, NULL, "Rows are handled in batches anyway." },
    { "table.exec.emit.early-fire.enabled", OPT_BOOL, "false", 0, NULL, "Legacy windows emit before they end." },
    { "table.exec.emit.early-fire.delay", OPT_DURATION, "0 ms", 0, NULL, "Pause between early results; 0 = every row." },
    { "table.exec.emit.late-fire.enabled", OPT_BOOL, "false", 0, NULL, "Legacy windows emit again for late rows." },
    { "table.exec.emit.late-fire.delay", OPT_DURATION, "0 ms", 0, NULL, "Pause between late results; 0 = every row." },
    { "table.exec.emit.allow-lateness", OPT_DURATION, NULL, 0, NULL, "How long a legacy window waits for late rows." },
    { "table.exec.rank.topn-cache-size", OPT_LONG, "10000", IGN, NULL, "Top-N keeps its rows in memory." },
    { "table.exec.async-lookup.buffer-capacity", OPT_INT, "100", IGN, NULL, "Lookups in flight." },
    { "table.exec.async-lookup.timeout", OPT_DURATION, "3 min", IGN, NULL, "Longest lookup." },
    { "table.exec.async-lookup.output-mode", OPT_ENUM, "ORDERED", IGN, "ORDERED|ALLOW_UNORDERED", "Order of lookup results." },
    { "table.exec.resource.default-parallelism", OPT_INT, "-1", IGN, NULL, "A job runs as one pipeline." },
    { "table.exec.window-agg.buffer-size-limit", OPT_INT, "100000", IGN, NULL, "Batch windows." },
    { "table.exec.disabled-operators", OPT_STRING, NULL, IGN, NULL, "Planner switch of batch mode." },
    { "table.exec.shuffle-mode", OPT_STRING, NULL, IGN, NULL, "Cluster shuffles." },
    { "table.exec.spill-compression.enabled", OPT_BOOL, "true", IGN, NULL, "Batch spilling." },
    { "table.exec.simplify-operator-name-enabled", OPT_BOOL, "true", IGN, NULL, "Names in Flink's own pages." },
    { "table.exec.uid.generation", OPT_STRING, NULL, IGN, NULL, "weir matches operators by what they do." },
    { "table.exec.uid.format", OPT_STRING, NULL, IGN, NULL, "weir matches operators by what they do." },
    { "table.exec.", OPT_STRING, NULL, PIGN, NULL, "Other switches of Flink's executor." },
    { "table.optimizer.agg-phase-strategy", OPT_ENUM, "AUTO", IGN, "AUTO|TWO_PHASE|ONE_PHASE", "Chosen by weir." },
    { "table.optimizer.distinct-agg.split.enabled", OPT_BOOL, "false", IGN, NULL, "Chosen by weir." },
    { "table.optimizer.join-reorder-enabled", OPT_BOOL, "false", IGN, NULL, "Joins run in the order written." },
    { "table.optimizer.", OPT_STRING, NULL, PIGN, NULL, "Other switches of Flink's optimizer." },
    /* the client */
    { "sql-client.execution.result-mode", OPT_ENUM, "TABLEAU", 0, "TABLE|CHANGELOG|TABLEAU", "How results are shown; weir shows every mode as TABLEAU." },
    { "sql-client.execution.max-table-result.rows", OPT_INT, "1000000", IGN, NULL, "Rows kept by the full-screen view." },
    { "sql-client.verbose", OPT_BOOL, "false", IGN, NULL, "Java stack traces." },
    { "sql-client.display.print-time-cost", OPT_BOOL, "true", IGN, NULL, "\\timing shows how long statements take." },
    { "sql-client.display.max-column-width", OPT_INT, NULL, IGN, NULL, "Old name of table.display.max-column-width." },
    { "sql-client.", OPT_STRING, NULL, PIGN, NULL, "Other switches of Flink's client." },
    /* cluster and JVM */
    { "execution.target", OPT_STRING, NULL, IGN, NULL, "Where a cluster runs jobs." },
    { "execution.attached", OPT_BOOL, "false", IGN, NULL, "Where a cluster runs jobs." },
    { "execution.shutdown-on-attached-exit", OPT_BOOL, "false", IGN, NULL, "Where a cluster runs jobs." },
    { "execution.buffer-timeout", OPT_DURATION, "100 ms", IGN, NULL, "Network buffers." },
    { "execution.buffer-timeout.interval", OPT_DURATION, "100 ms", IGN, NULL, "Network buffers." },
    { "execution.batch.", OPT_STRING, NULL, PIGN, NULL, "Batch scheduling." },
    { "jobmanager.", OPT_STRING, NULL, PIGN, NULL, "Cluster processes." },
    { "taskmanager.", OPT_STRING, NULL, PIGN, NULL, "Cluster processes." },
    { "cluster.", OPT_STRING, NULL, PIGN, NULL, "Cluster processes." },
    { "rest.", OPT_STRING, NULL, PIGN, NULL, "Cluster processes." },
    { "kubernetes.", OPT_STRING, NULL, PIGN, NULL, "Cluster processes." },
    { "yarn.", OPT_STRING, NULL, PIGN, NULL, "Cluster processes." },
    { "high-availability.", OPT_STRING, NULL, PIGN, NULL, "Cluster processes." },
    { "metrics.", OPT_STRING, NULL, PIGN, NULL, "Cluster metrics." },
    { "state.backend.", OPT_STRING, NULL, PIGN, NULL, "weir has one state backend." },
    { "python.", OPT_STRING, NULL, PIGN, NULL, "weir runs no Python." },
    { "env.", OPT_STRING, NULL, PIGN, NULL, "JVM options." },
    { "classloader.", OPT_STRING, NULL, PIGN, NULL, "JVM class loading." },
    { "security.", OPT_STRING, NULL, PIGN, NULL, "Cluster security." },
    { "fs.", OPT_STRING, NULL, PIGN, NULL, "Hadoop file systems." },
    { "s3.", OPT_STRING, NULL, PIGN, NULL, "Hadoop file systems." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};

/* Row of a key: exact first, then the longest prefix row. */
static const OptionDef *find_def(Str key)
{
    const OptionDef *best = NULL;
    for (const OptionDef *def = config_defs; def->name; def++) {
        if (str_is(key, def->name)) return def;
        if ((def->flags & OPTF_PREFIX) && str_starts(key, def->name) && (!best || strlen(def->name) > strlen(best->name))) best = def;
    }
    return best;
}

static Str unknown_key(Arena *arena, Str key)
{
    enum { MAX = 256 };
    Str names[MAX];
    uint32_t n = 0;
    for (const OptionDef *def = config_defs; def->name && n < MAX; def++)
        if (!(def->flags & OPTF_PREFIX)) names[n++] = str_of(def->name);
    int near = str_nearest(key, names, n);
    if (near < 0) return str_printf(arena, "option '" STR_FMT "' is not known to weir: kept, without effect", STR_ARG(key));
    return str_printf(arena, "option '" STR_FMT "' is not known to weir: kept, without effect; did you mean '" STR_FMT "'?", STR_ARG(key), STR_ARG(names[near]));
}

static bool check_value(const OptionDef *def, Str key, Str value, Err *err)
{
    Option one = { .key = key, .value = value };
    Options options = { &one, 1, 1 };
    OptionTable table = { config_defs, "" };
    if (def->flags & OPTF_PREFIX) return true;
    return options_check(&options, &table, 1, STR("SET"), err);
}

/* Values that would change results in a way weir cannot give: refused rather than kept without effect. */
static const struct { const char *key, *only, *hint; } refused[] = {
    { "table.exec.sink.type-length-enforcer", "IGNORE", "CAST(column AS CHAR(n)) or VARCHAR(n) pads or cuts." },
    { "table.sql-dialect", "default", "Write the statements in Flink's default dialect." },
    { "execution.state-recovery.path", "", "A job finds its newest checkpoint below --state-dir by itself; savepoints of a cluster cannot be read." },
    { "execution.savepoint.path", "", "A job finds its newest checkpoint below --state-dir by itself; savepoints of a cluster cannot be read." },
};

static bool refuse_value(Str key, Str value, Err *err)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (!str_is(key, refused[i].key) || str_iis(value, refused[i].only)) continue;
        err_set(err, E_UNSUPPORTED, "value '" STR_FMT "' for option '" STR_FMT "' is not supported", STR_ARG(value), STR_ARG(key));
        return !err_hint(err, "%s", refused[i].hint);
    }
    return false;
}

/* Numbers that mean nothing: what lies outside is refused at SET, not found out in a failing job. */
static const struct { const char *key; double min, max; } ranges[] = {
    { "execution.checkpointing.num-retained", 1, 1e6 }, { "state.checkpoints.num-retained", 1, 1e6 },
    { "execution.checkpointing.tolerable-failed-checkpoints", 0, 1e9 },
    { "restart-strategy.fixed-delay.attempts", 0, 1e10 }, { "restart-strategy.failure-rate.max-failures-per-interval", 1, 1e6 },
    { "restart-strategy.exponential-delay.backoff-multiplier", 1, 1e6 }, { "restart-strategy.exponential-delay.jitter-factor", 0, 1 },
    { "restart-strategy.exponential-delay.attempts-before-reset-backoff", -1, 1e10 },
};

static bool check_range(Str key, Str value, Err *err)
{
    double number = 0;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (!str_is(key, ranges[i].key)) continue;
        Option one = { .key = key, .value = value };
        Options options = { &one, 1, 1 };
        if (!options_double(&options, NULL, ranges[i].key, &number, err)) return false;
        if (number >= ranges[i].min && number <= ranges[i].max) return true;
        err_set(err, E_OPTION, "invalid value for option '" STR_FMT "': '" STR_FMT "' is out of range", STR_ARG(key), STR_ARG(value));
        return err_hint(err, "It takes %g to %g.", ranges[i].min, ranges[i].max);
    }
    return true;
}

bool config_check(Arena *arena, Str key, Str value, Str *warning, Err *err)
{
    *warning = STR_NULL;
    const OptionDef *def = find_def(key);
    if (!def) {
        *warning = unknown_key(arena, key);
        return true;
    }
    if (!check_value(def, key, value, err)) return false;
    if (str_is(key, "table.local-time-zone") && !zone_find(value)) {
        err_set(err, E_OPTION, "invalid value for option '" STR_FMT "': unknown time zone \"" STR_FMT "\"", STR_ARG(key), STR_ARG(value));
        return err_hint(err, "Use a zone of the tz database such as Europe/Paris, an offset such as GMT+05:30, or UTC.");
    }
    if (refuse_value(key, value, err) || !check_range(key, value, err)) return false;
    if (def->flags & OPTF_IGNORED) *warning = str_printf(arena, "option '" STR_FMT "' has no effect in weir: %s", STR_ARG(key), def->doc);
    return true;
}

/* --- reading --- */

/* Values in force were checked by SET: a bad one can only come from a caller that skipped config_check, and reads as the default. */
bool config_bool(const Options *config, const char *key)
{
    bool value = false;
    Err err = { 0 };
    if (!options_bool(config, config_defs, key, &value, &err) && !options_bool(&(Options){ 0 }, config_defs, key, &value, &err)) return false;
    return value;
}

int64_t config_i64(const Options *config, const char *key)
{
    int64_t value = 0;
    Err err = { 0 };
    if (!options_i64(config, config_defs, key, &value, &err) && !options_i64(&(Options){ 0 }, config_defs, key, &value, &err)) return 0;
    return value;
}

double config_double(const Options *config, const char *key)
{
    double value = 0;
    Err err = { 0 };
    if (!options_double(config, config_defs, key, &value, &err) && !options_double(&(Options){ 0 }, config_defs, key, &value, &err)) return 0;
    return value;
}

Str config_text(const Options *config, const char *key)
{
    return options_text(config, config_defs, key);
}
