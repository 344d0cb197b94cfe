/* Private to the kafka source's files: kafka_source.c (polling, rows) and kafka_offsets.c (topics, partitions, where to begin and end). */
#ifndef WEIR_CONNECTORS_KAFKA_SOURCE_H
#define WEIR_CONNECTORS_KAFKA_SOURCE_H
#include "connectors/kafka.h"

enum { OFFSET_NONE = -1, KAFKA_CALL_MS = 2500, KAFKA_NAG_US = 10 * 1000000, KAFKA_SPLITS_MAX = UINT16_MAX + 1 };

typedef struct Partition {
    Str topic; int32_t id;                       /* topic is NUL-terminated */
    int64_t next;                                /* offset of the next record to hand out */
    int64_t stop;                                /* exclusive end; OFFSET_NONE = unbounded */
    uint32_t rows_done;                          /* rows of the record at `next` that were handed out before the saved position: not again */
    bool finished, paused, exists;               /* exists: the brokers listed it */
} Partition;
typedef struct Partitions { Partition *v; uint32_t n, cap; } Partitions;
/* A full batch waiting to be handed out, and how many rows of the message under way stand in it or before it. */
typedef struct ReadyBatch { BatchBuilder builder; uint32_t rows_of_message; } ReadyBatch;

typedef enum MetaKind { META_TOPIC, META_PARTITION, META_HEADERS, META_HEADER_LIST, META_LEADER_EPOCH, META_OFFSET, META_TIMESTAMP, META_TIMESTAMP_TYPE } MetaKind;

struct Source {
    Arena *arena;
    const SourceSpec *spec;
    KafkaLayout layout;
    rd_kafka_t *rk; rd_kafka_queue_t *queue;
    Partitions parts;
    Str cluster;                                 /* its id, once somebody asked */
    Str *topics; uint32_t ntopics; bool pattern, bounded;
    int64_t discovery_us, next_discovery_us, next_nag_us;
    Decoder *key_decoder, *value_decoder;
    MetaKind *meta; uint32_t nmeta;              /* builder column nphysical + i */
    uint32_t *key_cols; uint32_t nkey;           /* builder columns that the key fills */
    BatchBuilder builder;                        /* rows being decoded */
    struct { ReadyBatch *v; uint32_t n, cap; } ready; uint32_t ready_next;     /* full batches: only the last message can have filled more than one */
    struct { BatchBuilder *v; uint32_t n, cap; } spare;
    /* the message under way */
    const rd_kafka_message_t *message; int64_t message_offset; uint32_t part, rows_of_message, kept_of_message; bool tombstone, has_key, in_key, newly_finished;
    SourceStats stats;
    int32_t lost;                                /* partition whose next offset the brokers do not have; -1 = none */
    Err error; bool failed, broker_down;         /* error: told after the rows before it are handed out */
};

Str kafka_source_option(const Source *source, const char *name);
bool kafka_source_cancelled(const Source *source);
/* Finds all partitions (waits for a broker and for topics that do not exist yet), sets where each begins and ends, assigns them. */
bool kafka_assign_all(Source *source, Str saved_position, Err *err) MUST_CHECK;
/* Periodic: partitions that appeared since begin at their earliest offset. */
bool kafka_discover(Source *source, Err *err) MUST_CHECK;
int32_t kafka_find_partition(const Source *source, const char *topic, int32_t id);
/* Position: u32 count, then per partition: topic, u32 id, u64 next offset, u64 stop, u32 rows of the record at `next` that were handed out already
 * (a record may hold more rows than a batch). Covers the batches handed out, not those still waiting in `ready`. */
void kafka_save_position(const Source *source, StrBuf *out);
bool kafka_read_position(Str position, Arena *arena, Partitions *out, Err *err) MUST_CHECK;
/* The brokers do not have the next record of a partition: goes on where properties.auto.offset.reset says, or fails. */
bool kafka_offset_lost(Source *source, Partition *part, Err *err) MUST_CHECK;
#endif
