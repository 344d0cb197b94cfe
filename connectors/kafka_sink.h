/* Private to the kafka sink's files: kafka_sink.c (rows to records), kafka_produce.c (records to the brokers), kafka_txn.c (exactly-once).
 * Threading: the job's thread only. */
#ifndef WEIR_CONNECTORS_KAFKA_SINK_H
#define WEIR_CONNECTORS_KAFKA_SINK_H
#include "connectors/kafka.h"
#include "engine/base/hashtab.h"

enum { KAFKA_METADATA_MS = 2500, KAFKA_CANCEL_GRACE_US = 3 * 1000000 };
typedef enum Partitioner { PARTITION_DEFAULT, PARTITION_FIXED, PARTITION_ROUND_ROBIN } Partitioner;

typedef struct Topic { Str name; rd_kafka_topic_t *handle; int32_t partitions; } Topic;   /* partitions: 0 = not asked yet; name is NUL-terminated */
/* A record on its way: bytes borrowed from the sink's buffers; key.ptr NULL = no key; headers are owned until produced. */
typedef struct Record { Topic *topic; int32_t partition; Str key, value; bool tombstone; int64_t timestamp_ms; rd_kafka_headers_t *headers; } Record;
/* Last record of a buffered key. */
typedef struct Pending { Topic *topic; StrBuf value; bool tombstone; int64_t timestamp_ms; rd_kafka_headers_t *headers; } Pending;
/* The transaction of an exactly-once sink; id NULL = the sink writes without. */
typedef struct Txn { const char *id, *group; char *cluster; bool open; int64_t begun_us, timeout_us; } Txn;

struct Sink {
    Arena *arena;
    const SinkSpec *spec;
    KafkaLayout layout;
    KafkaGuarantee guarantee;
    rd_kafka_t *rk;
    Str topic; int32_t topic_col, timestamp_col, headers_col; bool header_list;
    Encoder *key_encoder, *value_encoder;
    StrBuf key, value;
    Partitioner partitioner; uint32_t next_partition;
    struct { Topic **v; uint32_t n, cap; } topics; Topic *last_topic;          /* written to so far */
    int64_t max_rows, interval_us, next_flush_us, next_poll_us, next_nag_us;
    StrMap buffered; Pending *pending; uint32_t pending_cap;      /* slots of the map */
    Txn txn;
    SinkStats stats;
    Err error; bool failed, broker_down;         /* error: found in the background, told by the next call */
};

/* ---- kafka_produce.c ---- */
bool kafka_producer_open(Sink *sink, Err *err) MUST_CHECK;
void kafka_producer_close(Sink *sink);
bool kafka_sink_cancelled(const Sink *sink);
/* Serves the client's reports; false: the error that they brought. */
bool kafka_serve(Sink *sink, Err *err) MUST_CHECK;
/* A broker's refusal as an error: retriable unless it will be the same the next time. */
bool kafka_sink_refused(Sink *sink, rd_kafka_resp_err_t code, const char *what, const char *why, Err *err);
/* Fault point: a failure that a test asked for, as if the brokers had caused it. */
bool kafka_injected(Sink *sink, const char *point, Err *err) MUST_CHECK;
/* Says once in a while what is being waited for, and waits a little; false when the job has been cancelled. */
bool kafka_sink_wait(Sink *sink, const char *what, const char *why, Err *err) MUST_CHECK;
/* The topic's handle, made on first use. NULL + err. */
Topic *kafka_find_topic(Sink *sink, Str name, Err *err);
/* Asks for the topic's partition count, once; waits for the broker and for the topic. */
bool kafka_learn_partitions(Sink *sink, Topic *topic, Err *err) MUST_CHECK;
/* Hands one record to the client, waiting while its queue is full. The headers are gone afterwards, whatever the outcome. */
bool kafka_produce(Sink *sink, Record *record, Err *err) MUST_CHECK;
/* Keeps the last record of the key until the buffer is flushed; the headers move into the buffer. */
void kafka_buffer_record(Sink *sink, Record *record);
bool kafka_flush_buffer(Sink *sink, Err *err) MUST_CHECK;
/* All rows acknowledged by the brokers, however long it takes; a cancelled job waits only a little. */
bool kafka_flush(Sink *sink, Err *err) MUST_CHECK;

/* ---- kafka_txn.c ---- */
/* Names the transaction and tells the client's configuration of it. */
bool kafka_txn_configure(Sink *sink, rd_kafka_conf_t *conf, Err *err) MUST_CHECK;
bool kafka_txn_claim(Sink *sink, uint64_t *epoch, uint64_t *other, Err *err);
/* Begins one unless it is open. */
bool kafka_txn_begin(Sink *sink, Err *err) MUST_CHECK;
bool kafka_txn_commit(Sink *sink, uint64_t epoch, Err *err) MUST_CHECK;
/* Ends an open transaction without its rows, if the brokers answer soon: readers wait no longer for it. */
void kafka_txn_abort(Sink *sink);
/* The producer was shut out: by another process, or because the transaction outlived its timeout. */
bool kafka_txn_fenced(Sink *sink, Err *err);
#endif
