/* What the files of the kafka and upsert-kafka connectors share: options, client configuration, columns of key and value, the embedded broker. */
#ifndef WEIR_CONNECTORS_KAFKA_H
#define WEIR_CONNECTORS_KAFKA_H
#include "connectors/format.h"
#include <librdkafka/rdkafka.h>

extern const OptionDef kafka_options[], upsert_kafka_options[];
extern const MetadataDef kafka_metadata[];
extern const SourceVt kafka_source_vt;
extern const SinkVt kafka_sink_vt;
extern const ConnectorDef connector_kafka, connector_upsert_kafka;

/* Which columns travel in the key and which in the value, and with which format. */
typedef struct KafkaSide {
    const FormatDef *format;                     /* NULL: no key */
    Str prefix;                                  /* "json.", "value.json.", "key.json." of its options, NUL-terminated */
    Schema schema;                               /* payload fields; key.fields-prefix already cut */
    uint32_t *physical;                          /* schema field -> table physical column */
} KafkaSide;
typedef struct KafkaLayout { KafkaSide key, value; bool upsert; } KafkaLayout;

/* Reads formats, key.fields, prefixes from the options. Everything in arena. */
bool kafka_layout(const ConnTable *table, Arena *arena, KafkaLayout *out, Err *err) MUST_CHECK;
bool kafka_is_upsert(const ConnTable *table);
/* Topics of option 'topic' (n >= 1), or a pattern "^regex" (then *pattern). */
bool kafka_topics(const ConnTable *table, Arena *arena, Str **topics, uint32_t *n, bool *pattern, Err *err) MUST_CHECK;
/* Client configuration from properties.*: Java's keys translated, ignored or explained. 'embedded' starts the broker inside the process. */
rd_kafka_conf_t *kafka_conf(const ConnTable *table, bool producer, Err *err);
bool kafka_conf_put(rd_kafka_conf_t *conf, const char *key, const char *value, Err *err) MUST_CHECK;
Str kafka_group_id(const ConnTable *table, Arena *arena);
bool kafka_is_embedded(const ConnTable *table);
typedef enum KafkaGuarantee { KAFKA_AT_LEAST_ONCE, KAFKA_EXACTLY_ONCE, KAFKA_NONE } KafkaGuarantee;
KafkaGuarantee kafka_guarantee(const ConnTable *table);      /* sink.delivery-guarantee */
int64_t kafka_txn_timeout_ms(const ConnTable *table);        /* of an exactly-once sink */
/* Bootstrap servers of the embedded broker (started on first use, lives with the process), with `topics` created as single-partition topics. NULL + err. */
const char *kafka_embedded(const Str *topics, uint32_t n, Err *err);
/* "partition:0,offset:42;partition:1,offset:7" */
typedef struct PartitionOffset { int32_t partition; int64_t offset; } PartitionOffset;
bool kafka_parse_offsets(Arena *arena, Str text, const char *option, PartitionOffset **out, uint32_t *n, Err *err) MUST_CHECK;
#endif
