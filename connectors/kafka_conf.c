/* Options of kafka and upsert-kafka (names, defaults and required sets are Flink's), the checks that need no broker, and the translation of
 * properties.* (Java client keys) to librdkafka. Pure but for kafka_conf('embedded'), which starts the embedded broker. */
#include "connectors/kafka.h"
#include "engine/base/log.h"

#include <stdio.h>

enum { FETCH_BYTES = 2000000, TXN_TIMEOUT_MS = 300000, SOCKET_TIMEOUT_MS = 60000 };

#define KAFKA_COMMON_OPTIONS                                                                                                                    \
    { "topic", OPT_LIST, NULL, OPTF_IDENTITY, NULL, "Topic, or topics separated by ';'." },                                                               \
    { "topic-pattern", OPT_STRING, NULL, OPTF_SOURCE | OPTF_IDENTITY, NULL, "Regular expression of the topics to read." },                                      \
    { "properties.bootstrap.servers", OPT_STRING, NULL, OPTF_REQUIRED, NULL, "host:port,.. of brokers; 'embedded' = a broker inside this process." }, \
    { "properties.group.id", OPT_STRING, NULL, OPTF_SOURCE, NULL, "Consumer group under which offsets are committed." },                        \
    { "properties.", OPT_STRING, NULL, OPTF_PREFIX, NULL, "Any client property, passed to librdkafka." },                                       \
    { "value.fields-include", OPT_ENUM, "ALL", 0, "ALL|EXCEPT_KEY", "Whether key columns stand in the value too." },                          \
    { "key.fields-prefix", OPT_STRING, NULL, 0, NULL, "Prefix of key columns' names in this table; needs value.fields-include EXCEPT_KEY." },    \
    { "scan.bounded.mode", OPT_ENUM, "unbounded", OPTF_SOURCE, "unbounded|latest-offset|group-offsets|timestamp|specific-offsets", "Where reading ends." }, \
    { "scan.bounded.timestamp-millis", OPT_LONG, NULL, OPTF_SOURCE, NULL, "End: first record at or after this time." },                         \
    { "scan.bounded.specific-offsets", OPT_STRING, NULL, OPTF_SOURCE, NULL, "End: 'partition:0,offset:42;..', exclusive." },                    \
    { "scan.topic-partition-discovery.interval", OPT_DURATION, "5 min", OPTF_SOURCE, NULL, "How often new partitions are looked for; 0 = never." }, \
    { "scan.parallelism", OPT_INT, NULL, OPTF_SOURCE | OPTF_IGNORED, NULL, "weir chooses by cores." },                                          \
    { "sink.parallelism", OPT_INT, NULL, OPTF_SINK | OPTF_IGNORED, NULL, "weir chooses by cores." },                                            \
    { "sink.delivery-guarantee", OPT_ENUM, "at-least-once", OPTF_SINK, "none|at-least-once|exactly-once", "What a crash may do to written rows: lose, repeat, neither." }, \
    { "sink.transactional-id-prefix", OPT_STRING, NULL, OPTF_SINK, NULL, "Begins the transactional id of an exactly-once sink; 'weir' unless set." },                     \
    { "sink.transaction-naming-strategy", OPT_ENUM, "INCREMENTING", OPTF_SINK | OPTF_IGNORED, "INCREMENTING|POOLING", "weir names transactions itself." }

const OptionDef kafka_options[] = {
    KAFKA_COMMON_OPTIONS,
    { "format", OPT_STRING, NULL, 0, NULL, "Format of the value (same as value.format)." },
    { "value.format", OPT_STRING, NULL, 0, NULL, "Format of the value." },
    { "key.format", OPT_STRING, NULL, 0, NULL, "Format of the key; needs key.fields." },
    { "key.fields", OPT_LIST, NULL, 0, NULL, "Columns that make the key, separated by ';'." },
    { "scan.startup.mode", OPT_ENUM, "group-offsets", OPTF_SOURCE, "earliest-offset|latest-offset|group-offsets|timestamp|specific-offsets", "Where reading begins." },
    { "scan.startup.timestamp-millis", OPT_LONG, NULL, OPTF_SOURCE, NULL, "Begin: first record at or after this time." },
    { "scan.startup.specific-offsets", OPT_STRING, NULL, OPTF_SOURCE, NULL, "Begin: 'partition:0,offset:42;..'." },
    { "sink.partitioner", OPT_STRING, "default", OPTF_SINK, NULL, "default (by key as Java's client does), fixed or round-robin." },
    { "sink.semantic", OPT_ENUM, NULL, OPTF_SINK, "none|at-least-once|exactly-once", "Old name of sink.delivery-guarantee." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};
const OptionDef upsert_kafka_options[] = {
    KAFKA_COMMON_OPTIONS,
    { "key.format", OPT_STRING, NULL, OPTF_REQUIRED, NULL, "Format of the key (the primary key's columns)." },
    { "value.format", OPT_STRING, NULL, OPTF_REQUIRED, NULL, "Format of the value; a null value deletes the key." },
    { "sink.buffer-flush.max-rows", OPT_INT, "0", OPTF_SINK, NULL, "Keep only the last row of a key among this many; 0 = off." },
    { "sink.buffer-flush.interval", OPT_DURATION, "0", OPTF_SINK, NULL, "Flush the buffer at least this often; needs max-rows." },
    { NULL, OPT_STRING, NULL, 0, NULL, NULL },
};
const MetadataDef kafka_metadata[] = {
    { "topic", "STRING NOT NULL", true, "Topic of the record." },
    { "partition", "INT NOT NULL", false, "Partition number." },
    { "headers", "MAP<STRING, BYTES> NOT NULL", true, "Headers; the last of equal names." },
    { "header-list", "ARRAY<ROW<key STRING, value BYTES>> NOT NULL", true, "Headers in order, equal names kept." },
    { "leader-epoch", "INT", false, "Leader epoch if the broker tells it." },
    { "offset", "BIGINT NOT NULL", false, "Offset in the partition." },
    { "timestamp", "TIMESTAMP_LTZ(3) NOT NULL", true, "Timestamp of the record." },
    { "timestamp-type", "STRING NOT NULL", false, "NoTimestampType, CreateTime or LogAppendTime." },
    { NULL, NULL, false, NULL },
};

static Str option(const ConnTable *table, const char *name)
{
    return options_text(table->options, kafka_is_upsert(table) ? upsert_kafka_options : kafka_options, name);
}

bool kafka_is_upsert(const ConnTable *table)
{
    const Option *connector = options_find(table->options, STR("connector"));
    return connector && str_is(connector->value, "upsert-kafka");
}

bool kafka_is_embedded(const ConnTable *table)
{
    return str_iis(str_trim(option(table, "properties.bootstrap.servers")), "embedded");
}

KafkaGuarantee kafka_guarantee(const ConnTable *table)
{
    const Option *semantic = options_find(table->options, STR("sink.semantic"));
    Str guarantee = semantic ? semantic->value : option(table, "sink.delivery-guarantee");
    return str_iis(guarantee, "exactly-once") ? KAFKA_EXACTLY_ONCE : str_iis(guarantee, "none") ? KAFKA_NONE : KAFKA_AT_LEAST_ONCE;
}

/* Java's client has one minute: too short for an epoch of millions of rows, which is written in one transaction. */
int64_t kafka_txn_timeout_ms(const ConnTable *table)
{
    const Option *timeout = options_find(table->options, STR("properties.transaction.timeout.ms"));
    int64_t ms;
    return timeout && str_to_i64(timeout->value, &ms) ? ms : TXN_TIMEOUT_MS;
}

Str kafka_group_id(const ConnTable *table, Arena *arena)
{
    const Option *group = options_find(table->options, STR("properties.group.id"));
    return group ? group->value : str_printf(arena, "KafkaSource-" STR_FMT, STR_ARG(table->identifier));
}

/* Splits at `separator` into trimmed, non-empty parts. */
static Str *split_list(Arena *arena, Str text, char separator, uint32_t *n)
{
    struct { Str *v; uint32_t n, cap; } list = { 0 };
    for (uint32_t from = 0; from <= text.len;) {
        uint32_t to = from;
        while (to < text.len && text.ptr[to] != separator) to++;
        Str part = str_trim(str_sub(text, from, to - from));
        if (part.len) ARENA_PUSH(arena, list, part);
        from = to + 1;
    }
    *n = list.n;
    return list.v;
}

bool kafka_topics(const ConnTable *table, Arena *arena, Str **topics, uint32_t *n, bool *pattern, Err *err)
{
    const Option *topic = options_find(table->options, STR("topic")), *regex = options_find(table->options, STR("topic-pattern"));
    if (topic && regex) return err_at(err, E_OPTION, regex->span, "options \"topic\" and \"topic-pattern\" shouldn't be set together");
    if (!topic && !regex) return err_set(err, E_OPTION, "either option \"topic\" or \"topic-pattern\" must be set");
    *pattern = regex != NULL;
    if (regex) {        /* librdkafka's convention for a regular expression, anchored as Java's matches() is */
        *topics = ARENA_NEW(arena, Str);
        (*topics)[0] = str_printf(arena, "^(" STR_FMT ")$", STR_ARG(regex->value));
        *n = 1;
        return true;
    }
    *topics = split_list(arena, topic->value, ';', n);
    return *n > 0 ? true : err_at(err, E_OPTION, topic->value_span, "option \"topic\" is empty");
}

/* ---- key and value ---- */

static int32_t key_position(const Str *keys, uint32_t n, Str name)
{
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(keys[i], name)) return (int32_t)i;
    return -1;
}

static bool side_format(const ConnTable *table, Arena *arena, const char *names[2], const char *prefix, KafkaSide *side, Err *err)
{
    const Option *chosen = NULL;
    for (int i = 0; i < 2 && !chosen; i++)
        if (names[i]) chosen = options_find(table->options, str_of(names[i]));
    if (!chosen) return true;
    side->format = format_find(chosen->value);
    if (!side->format) return err_at(err, E_NO_OBJECT, chosen->value_span, "format \"" STR_FMT "\" does not exist", STR_ARG(chosen->value));
    side->prefix = str_printf(arena, "%s" STR_FMT ".", prefix, STR_ARG(chosen->value));
    return true;
}

static void side_add(Arena *arena, KafkaSide *side, Str name, const Type *type, uint32_t physical)
{
    Column *cols = (Column *)side->schema.cols;
    cols[side->schema.n] = (Column){ name, type };
    side->physical[side->schema.n++] = physical;
    (void)arena;
}

static void side_room(Arena *arena, KafkaSide *side, uint32_t n)
{
    side->schema.cols = ARENA_ARRAY(arena, Column, n);
    side->physical = ARENA_ARRAY(arena, uint32_t, n);
}

/* Names of the key columns: the primary key for upsert-kafka, key.fields otherwise. */
static Str *key_names(const ConnTable *table, Arena *arena, bool upsert, uint32_t *n)
{
    if (!upsert) return split_list(arena, option(table, "key.fields"), ';', n);
    Str *names = ARENA_ARRAY(arena, Str, table->npk);
    for (uint32_t i = 0; i < table->npk; i++) names[i] = table->physical.cols[table->pk[i]].name;
    *n = table->npk;
    return names;
}

static bool fill_key(const ConnTable *table, Arena *arena, const Str *names, uint32_t n, Str prefix, KafkaSide *side, Err *err)
{
    side_room(arena, side, n);
    for (uint32_t i = 0; i < n; i++) {
        int column = schema_find(&table->physical, names[i]);
        if (column < 0) {
            err_set(err, E_NO_COLUMN, "option \"key.fields\" names column \"" STR_FMT "\", which the table does not have", STR_ARG(names[i]));
            return err_hint(err, "Only physical columns can be part of the key.");
        }
        Str name = names[i];
        if (prefix.len) {
            if (!(name.len > prefix.len && memcmp(name.ptr, prefix.ptr, prefix.len) == 0))
                return err_set(err, E_OPTION, "key column \"" STR_FMT "\" does not begin with key.fields-prefix \"" STR_FMT "\"", STR_ARG(name), STR_ARG(prefix));
            name = str_sub(name, prefix.len, name.len);
        }
        side_add(arena, side, name, table->physical.cols[column].type, (uint32_t)column);
    }
    return true;
}

bool kafka_layout(const ConnTable *table, Arena *arena, KafkaLayout *out, Err *err)
{
    *out = (KafkaLayout){ .upsert = kafka_is_upsert(table) };
    const char *value_names[2] = { "value.format", out->upsert ? NULL : "format" }, *key_options[2] = { "key.format", NULL };
    bool plain = !out->upsert && options_find(table->options, STR("format"));
    if (!side_format(table, arena, value_names, plain ? "" : "value.", &out->value, err) || !side_format(table, arena, key_options, "key.", &out->key, err))
        return false;
    if (!out->value.format) {
        err_set(err, E_OPTION, "one of the options \"format\" and \"value.format\" is required");
        return err_hint(err, "For example 'format' = 'json'.");
    }
    if (out->upsert && table->npk == 0) {
        err_set(err, E_INVALID, "upsert-kafka table \"" STR_FMT "\" needs a PRIMARY KEY", STR_ARG(table->name));
        return err_hint(err, "Declare PRIMARY KEY (..) NOT ENFORCED.");
    }
    uint32_t nkeys;
    Str *keys = key_names(table, arena, out->upsert, &nkeys), prefix = option(table, "key.fields-prefix");
    bool except_key = str_iis(option(table, "value.fields-include"), "EXCEPT_KEY");
    if (!out->upsert && (out->key.format != NULL) != (nkeys > 0))
        return err_set(err, E_OPTION, out->key.format ? "option \"key.format\" needs \"key.fields\"" : "option \"key.fields\" needs \"key.format\"");
    if (prefix.len && !except_key) {
        err_set(err, E_OPTION, "option \"key.fields-prefix\" needs \"value.fields-include\" = 'EXCEPT_KEY'");
        return err_hint(err, "A column cannot carry the prefix in the key and none in the value.");
    }
    if (nkeys && !fill_key(table, arena, keys, nkeys, prefix, &out->key, err)) return false;
    side_room(arena, &out->value, table->physical.n);
    for (uint32_t c = 0; c < table->physical.n; c++)
        if (!except_key || key_position(keys, nkeys, table->physical.cols[c].name) < 0)
            side_add(arena, &out->value, table->physical.cols[c].name, table->physical.cols[c].type, c);
    return true;
}

/* ---- checks without a broker ---- */

bool kafka_parse_offsets(Arena *arena, Str text, const char *name, PartitionOffset **out, uint32_t *n, Err *err)
{
    uint32_t parts;
    Str *part = split_list(arena, text, ';', &parts);
    *out = ARENA_ARRAY(arena, PartitionOffset, parts);
    *n = parts;
    for (uint32_t i = 0; i < parts; i++) {
        uint32_t two;
        Str *half = split_list(arena, part[i], ',', &two);
        int64_t partition, offset;
        if (two != 2 || !str_starts(half[0], "partition:") || !str_starts(half[1], "offset:") || !str_to_i64(str_trim(str_sub(half[0], 10, half[0].len)), &partition) ||
            !str_to_i64(str_trim(str_sub(half[1], 7, half[1].len)), &offset) || partition < 0 || partition > INT32_MAX || offset < 0) {
            err_set(err, E_OPTION, "option \"%s\" cannot be read: \"" STR_FMT "\"", name, STR_ARG(part[i]));
            return err_hint(err, "Write 'partition:0,offset:42;partition:1,offset:300'.");
        }
        (*out)[i] = (PartitionOffset){ (int32_t)partition, offset };
    }
    return parts > 0 ? true : err_set(err, E_OPTION, "option \"%s\" is empty", name);
}

/* A mode that needs a further option. */
static bool check_mode(const ConnTable *table, Arena *arena, const char *mode_option, const char *millis_option, const char *offsets_option, Err *err)
{
    Str mode = option(table, mode_option);
    bool by_time = str_iis(mode, "timestamp"), by_offset = str_iis(mode, "specific-offsets");
    if (by_time && !options_find(table->options, str_of(millis_option)))
        return err_set(err, E_OPTION, "option \"%s\" is required when \"%s\" is 'timestamp'", millis_option, mode_option);
    if (!by_offset) return true;
    const Option *offsets = options_find(table->options, str_of(offsets_option));
    if (!offsets) return err_set(err, E_OPTION, "option \"%s\" is required when \"%s\" is 'specific-offsets'", offsets_option, mode_option);
    PartitionOffset *list;
    uint32_t n;
    return kafka_parse_offsets(arena, offsets->value, offsets_option, &list, &n, err);
}

static bool check_source(const ConnTable *table, Arena *arena, Err *err)
{
    Str *topics;
    uint32_t n;
    bool pattern;
    if (!kafka_topics(table, arena, &topics, &n, &pattern, err) ||
        !check_mode(table, arena, "scan.bounded.mode", "scan.bounded.timestamp-millis", "scan.bounded.specific-offsets", err))
        return false;
    bool group = options_find(table->options, STR("properties.group.id")) != NULL;
    if (!group && str_iis(option(table, "scan.bounded.mode"), "group-offsets"))
        return err_set(err, E_OPTION, "option \"properties.group.id\" is required when \"scan.bounded.mode\" is 'group-offsets'");
    if (kafka_is_upsert(table)) return true;
    Str mode = option(table, "scan.startup.mode");
    if (!group && str_iis(mode, "group-offsets")) {
        err_set(err, E_OPTION, "option \"properties.group.id\" is required when \"scan.startup.mode\" is 'group-offsets' (the default)");
        return err_hint(err, "Name a group, or set 'scan.startup.mode' = 'earliest-offset' or 'latest-offset'.");
    }
    return check_mode(table, arena, "scan.startup.mode", "scan.startup.timestamp-millis", "scan.startup.specific-offsets", err);
}

/* Both bounds of the buffer, or none. */
static bool check_buffer(const ConnTable *table, Err *err)
{
    int64_t rows = 0, interval = 0;
    if (!kafka_is_upsert(table)) return true;
    if (!options_i64(table->options, upsert_kafka_options, "sink.buffer-flush.max-rows", &rows, err) ||
        !options_i64(table->options, upsert_kafka_options, "sink.buffer-flush.interval", &interval, err))
        return false;
    return (rows > 0) == (interval > 0) ? true
        : err_set(err, E_OPTION, "options \"sink.buffer-flush.max-rows\" and \"sink.buffer-flush.interval\" must both be greater than zero to buffer rows");
}

/* Java's producer drops idempotence when its conditions are switched off; librdkafka would refuse the combination. */
static bool wants_idempotence(const ConnTable *table)
{
    const Option *acks = options_find(table->options, STR("properties.acks")), *retries = options_find(table->options, STR("properties.retries"));
    const Option *flight = options_find(table->options, STR("properties.max.in.flight.requests.per.connection"));
    int64_t n;
    if (acks && !str_iis(acks->value, "all") && !str_is(acks->value, "-1")) return false;
    if (retries && str_is(retries->value, "0")) return false;
    return !flight || !str_to_i64(flight->value, &n) || n <= 5;
}

static bool check_exactly_once(const ConnTable *table, bool pattern, Err *err)
{
    if (kafka_is_embedded(table)) {
        err_set(err, E_UNSUPPORTED, "option \"sink.delivery-guarantee\" = 'exactly-once' does not work with the embedded broker, which knows no transactions");
        return err_hint(err, "Name a real broker in 'properties.bootstrap.servers', or use 'at-least-once': what the embedded broker holds ends with the process anyway.");
    }
    if (pattern) {
        err_set(err, E_UNSUPPORTED, "option \"sink.delivery-guarantee\" = 'exactly-once' does not work with \"topic-pattern\"");
        return err_hint(err, "List the topics in option 'topic': the first of them keeps the number of the last epoch.");
    }
    if (!wants_idempotence(table)) {
        err_set(err, E_OPTION, "option \"sink.delivery-guarantee\" = 'exactly-once' contradicts \"properties.acks\", \"properties.retries\" or \"properties.max.in.flight.requests.per.connection\"");
        return err_hint(err, "Leave them out, or set acks to 'all', retries above 0 and at most 5 requests in flight.");
    }
    return true;
}

static bool check_sink(const ConnTable *table, Arena *arena, Err *err)
{
    Str *topics;
    uint32_t n;
    bool pattern;
    if (!kafka_topics(table, arena, &topics, &n, &pattern, err)) return false;
    Str partitioner = kafka_is_upsert(table) ? STR("default") : option(table, "sink.partitioner");
    if (!str_iis(partitioner, "default") && !str_iis(partitioner, "fixed") && !str_iis(partitioner, "round-robin")) {
        err_set(err, E_UNSUPPORTED, "option \"sink.partitioner\" = '" STR_FMT "' names a Java class, which weir cannot run", STR_ARG(partitioner));
        return err_hint(err, "Use 'default', 'fixed' or 'round-robin'.");
    }
    if (str_iis(partitioner, "round-robin") && options_find(table->options, STR("key.fields")))
        return err_set(err, E_OPTION, "option \"sink.partitioner\" = 'round-robin' cannot be used with \"key.fields\"");
    if (!check_buffer(table, err)) return false;
    return kafka_guarantee(table) != KAFKA_EXACTLY_ONCE || check_exactly_once(table, pattern, err);
}

static bool kafka_check(const ConnTable *table, bool as_sink, Err *err)
{
    Arena *arena = arena_new();
    KafkaLayout layout;
    bool ok = kafka_layout(table, arena, &layout, err) && (as_sink ? check_sink(table, arena, err) : check_source(table, arena, err));
    if (ok && !layout.upsert && table->npk > 0 && layout.value.format->changes == CHANGES_INSERT) {
        ok = err_set(err, E_INVALID, "kafka table \"" STR_FMT "\" with the insert-only format '%s' cannot have a PRIMARY KEY", STR_ARG(table->name), layout.value.format->name);
        err_hint(err, "Use connector 'upsert-kafka', or drop the key.");
    }
    const KafkaSide *sides[2] = { &layout.key, &layout.value };
    for (int i = 0; ok && i < 2; i++)
        if (sides[i]->format && sides[i]->format->check) ok = sides[i]->format->check(&sides[i]->schema, table->options, sides[i]->prefix.ptr, err);
    arena_free(arena);
    return ok;
}

static uint8_t kafka_source_changes(const ConnTable *table)
{
    if (kafka_is_upsert(table)) return CHANGES_UPSERT;
    const Option *format = options_find(table->options, STR("value.format"));
    if (!format) format = options_find(table->options, STR("format"));
    const FormatDef *def = format ? format_find(format->value) : NULL;
    return def ? def->changes : CHANGES_INSERT;
}
static uint8_t kafka_sink_changes(const ConnTable *table)
{
    return kafka_source_changes(table);
}
static bool kafka_exactly_once(const ConnTable *table)
{
    return kafka_guarantee(table) == KAFKA_EXACTLY_ONCE;
}
static bool kafka_bounded(const ConnTable *table)
{
    return !str_iis(option(table, "scan.bounded.mode"), "unbounded");
}

/* ---- client configuration ---- */

/* Keys of Java's client that mean nothing here (no group is joined): accepted in silence, as their effect is internal to that client. */
static const char *const java_only[] = { "key.deserializer", "value.deserializer", "key.serializer", "value.serializer", "zookeeper.connect", "max.poll.records",
    "enable.auto.commit", "auto.commit.interval.ms", "partition.assignment.strategy", "client.dns.lookup", "buffer.memory", "max.block.ms", "interceptor.classes",
    "group.protocol", "session.timeout.ms", "allow.auto.create.topics", "default.api.timeout.ms", "connections.max.idle.ms", "auto.offset.reset", "group.id", "bootstrap.servers",
    "partition.discovery.interval.ms", "transactional.id", "partitioner.class", "metric.reporters", "sasl.login.callback.handler.class", "sasl.client.callback.handler.class", NULL };
/* Same meaning, other name. */
static const char *const renamed[][2] = { { "fetch.max.wait.ms", "fetch.wait.max.ms" }, { "request.timeout.ms", "socket.timeout.ms" }, { "metadata.max.age.ms", "metadata.max.age.ms" },
    { "max.in.flight.requests.per.connection", "max.in.flight.requests.per.connection" }, { "receive.buffer.bytes", "socket.receive.buffer.bytes" },
    { "max.request.size", "message.max.bytes" }, { "send.buffer.bytes", "socket.send.buffer.bytes" }, { NULL, NULL } };

bool kafka_conf_put(rd_kafka_conf_t *conf, const char *key, const char *value, Err *err)
{
    char why[256];
    if (rd_kafka_conf_set(conf, key, value, why, sizeof why) == RD_KAFKA_CONF_OK) return true;
    return err_set(err, E_OPTION, "option \"properties.%s\" is refused by the Kafka client: %s", key, secret_key(str_of(key)) ? "bad value" : why);
}

/* Value of `name = "..."` or `name='...'` in a JAAS line; STR_NULL if absent. */
static Str jaas_value(Str text, const char *name)
{
    int64_t at = str_find(text, str_of(name), 0);
    if (at < 0) return STR_NULL;
    uint32_t p = (uint32_t)at + (uint32_t)strlen(name);
    while (p < text.len && (text.ptr[p] == ' ' || text.ptr[p] == '=')) p++;
    if (p >= text.len || (text.ptr[p] != '"' && text.ptr[p] != '\'')) return STR_NULL;
    char quote = text.ptr[p++];
    uint32_t end = p;
    while (end < text.len && text.ptr[end] != quote) end++;
    return str_sub(text, p, end - p);
}

/* sasl.jaas.config of the Plain and Scram login modules -> sasl.username, sasl.password. */
static bool put_jaas(rd_kafka_conf_t *conf, Arena *arena, Str jaas, Err *err)
{
    if (str_find(jaas, STR("PlainLoginModule"), 0) < 0 && str_find(jaas, STR("ScramLoginModule"), 0) < 0) {
        err_set(err, E_UNSUPPORTED, "option \"properties.sasl.jaas.config\" names a login module that weir cannot translate");
        return err_hint(err, "PlainLoginModule and ScramLoginModule work; for others set librdkafka's own properties (sasl.kerberos.*, sasl.oauthbearer.*).");
    }
    Str user = jaas_value(jaas, "username"), password = jaas_value(jaas, "password");
    if (!user.ptr || !password.ptr) return err_set(err, E_OPTION, "option \"properties.sasl.jaas.config\" lacks username=\"..\" or password=\"..\"");
    return kafka_conf_put(conf, "sasl.username", str_cstr(arena, user), err) && kafka_conf_put(conf, "sasl.password", str_cstr(arena, password), err);
}

static bool put_property(rd_kafka_conf_t *conf, Arena *arena, const Option *o, Err *err)
{
    const char *key = str_cstr(arena, str_sub(o->key, 11, o->key.len)), *value = str_cstr(arena, o->value);
    for (int i = 0; java_only[i]; i++)
        if (strcmp(key, java_only[i]) == 0) return true;
    if (strcmp(key, "sasl.jaas.config") == 0) return put_jaas(conf, arena, o->value, err);
    if (str_starts(str_of(key), "ssl.truststore.") || (str_starts(str_of(key), "ssl.keystore.") && !str_ends(str_of(key), ".location") && !str_ends(str_of(key), ".password"))) {
        if (str_ends(str_of(key), ".type") && str_iis(o->value, "PEM")) return true;
        err_at(err, E_UNSUPPORTED, o->span, "option \"" STR_FMT "\" names a Java key store, which cannot be read", STR_ARG(o->key));
        return err_hint(err, "Export the certificates as PEM and set 'properties.ssl.ca.location' (and ssl.certificate.location, ssl.key.location).");
    }
    if (strcmp(key, "ssl.endpoint.identification.algorithm") == 0 && o->value.len == 0) value = "none";    /* Java's way to switch it off */
    for (int i = 0; renamed[i][0]; i++)
        if (strcmp(key, renamed[i][0]) == 0) return kafka_conf_put(conf, renamed[i][1], value, err);
    char why[256];
    switch (rd_kafka_conf_set(conf, key, value, why, sizeof why)) {
    case RD_KAFKA_CONF_OK: return true;
    case RD_KAFKA_CONF_UNKNOWN: log_notice("kafka", "property \"%s\" is unknown to the client and ignored", key); return true;
    case RD_KAFKA_CONF_INVALID: break;
    }
    return err_at(err, E_OPTION, o->value_span, "option \"" STR_FMT "\" is refused by the Kafka client: %s", STR_ARG(o->key), secret_key(o->key) ? "bad value" : why);
}

/* fetch.max.bytes may not be below message.max.bytes. */
static bool raise_fetch_bytes(const ConnTable *table, rd_kafka_conf_t *conf, Err *err)
{
    int64_t n;
    static const char *const names[] = { "properties.message.max.bytes", "properties.max.request.size" };
    for (int i = 0; i < 2; i++) {
        const Option *size = options_find(table->options, str_of(names[i]));
        char text[24];
        if (!size || !str_to_i64(size->value, &n) || n <= FETCH_BYTES) continue;
        snprintf(text, sizeof text, "%lld", (long long)n);
        if (!kafka_conf_put(conf, "fetch.max.bytes", text, err)) return false;
    }
    return true;
}

/* Of transactions; a request may not outlast one. */
static bool put_timeouts(const ConnTable *table, rd_kafka_conf_t *conf, Err *err)
{
    char txn[24], request[24];
    int64_t ms = kafka_txn_timeout_ms(table);
    snprintf(txn, sizeof txn, "%lld", (long long)ms);
    snprintf(request, sizeof request, "%lld", (long long)(ms < SOCKET_TIMEOUT_MS ? ms : SOCKET_TIMEOUT_MS));
    return kafka_conf_put(conf, "transaction.timeout.ms", txn, err) && kafka_conf_put(conf, "socket.timeout.ms", request, err);
}

rd_kafka_conf_t *kafka_conf(const ConnTable *table, bool producer, Err *err)
{
    Arena *arena = arena_new();
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool ok = true;
    Str servers = option(table, "properties.bootstrap.servers");
    const char *brokers = str_cstr(arena, servers);
    if (kafka_is_embedded(table)) {
        Str *topics = NULL;
        uint32_t n = 0;
        bool pattern = false;
        ok = kafka_topics(table, arena, &topics, &n, &pattern, err);
        brokers = ok ? kafka_embedded(topics, pattern ? 0 : n, err) : NULL;
        ok = brokers != NULL;
    }
    ok = ok && kafka_conf_put(conf, "bootstrap.servers", brokers, err) && kafka_conf_put(conf, "client.id", "weir", err) &&
         kafka_conf_put(conf, "log.connection.close", "false", err);
    if (!producer) {
        Str group = kafka_group_id(table, arena);
        /* Fetches near 2 MB keep decoded messages in cache. A full queue makes librdkafka 2.0 pause for up to a second, so it is deep enough
         * for a slow sink to work through meanwhile. Offsets are weir's own; those told to the group wait for an absent coordinator as long as a session
         * (45 s by default), and closing the client waits for them. */
        ok = ok && kafka_conf_put(conf, "group.id", str_cstr(arena, group), err) && kafka_conf_put(conf, "enable.auto.commit", "false", err) &&
             kafka_conf_put(conf, "enable.auto.offset.store", "false", err) && kafka_conf_put(conf, "session.timeout.ms", "2000", err) &&
             kafka_conf_put(conf, "fetch.max.bytes", "2000000", err) &&
             kafka_conf_put(conf, "fetch.message.max.bytes", "1000000", err) && kafka_conf_put(conf, "queued.min.messages", "500000", err) &&
             kafka_conf_put(conf, "fetch.wait.max.ms", kafka_is_embedded(table) ? "5" : "100", err) && kafka_conf_put(conf, "auto.offset.reset", "error", err) &&
             kafka_conf_put(conf, "isolation.level", "read_uncommitted", err) && raise_fetch_bytes(table, conf, err);      /* isolation: Java's default */
    } else {
        /* Never give a row up: retry for ever, in order. */
        ok = ok && kafka_conf_put(conf, "enable.idempotence", wants_idempotence(table) ? "true" : "false", err) && kafka_conf_put(conf, "message.timeout.ms", "0", err) &&
             kafka_conf_put(conf, "linger.ms", "5", err) && kafka_conf_put(conf, "queue.buffering.max.messages", "500000", err) &&
             kafka_conf_put(conf, "partitioner", "murmur2_random", err);
        if (ok && kafka_guarantee(table) == KAFKA_EXACTLY_ONCE) ok = put_timeouts(table, conf, err);
    }
    for (uint32_t i = 0; ok && i < table->options->n; i++)
        if (str_starts(table->options->v[i].key, "properties.")) ok = put_property(conf, arena, &table->options->v[i], err);
    arena_free(arena);
    if (ok) return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

const ConnectorDef connector_kafka = {
    .name = "kafka", .caps = CONN_SOURCE | CONN_SINK | CONN_PUSH_PROJECTION, .options = kafka_options, .metadata = kafka_metadata, .formats = true, .key_format = true,
    .check = kafka_check, .source_changes = kafka_source_changes, .sink_changes = kafka_sink_changes, .bounded = kafka_bounded,
    .exactly_once = kafka_exactly_once, .transient = kafka_is_embedded,
    .source = &kafka_source_vt, .sink = &kafka_sink_vt, .doc = "Apache Kafka topics.",
};
const ConnectorDef connector_upsert_kafka = {
    .name = "upsert-kafka", .caps = CONN_SOURCE | CONN_SINK | CONN_PUSH_PROJECTION | CONN_NEEDS_PK, .options = upsert_kafka_options, .metadata = kafka_metadata, .formats = true,
    .key_format = true, .check = kafka_check, .source_changes = kafka_source_changes, .sink_changes = kafka_sink_changes, .bounded = kafka_bounded,
    .exactly_once = kafka_exactly_once, .transient = kafka_is_embedded,
    .source = &kafka_source_vt, .sink = &kafka_sink_vt, .doc = "Kafka topics as changelogs: the last record of a key is its row.",
};
