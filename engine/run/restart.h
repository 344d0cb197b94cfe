/* Restart strategies: whether and when a failed job begins again from its last checkpoint. Names, defaults and arithmetic are Flink's
 * (docs: deployment/config "Fault tolerance", restart-strategy.*). Without restart-strategy.type a job with checkpoints restarts by
 * exponential-delay, but only after failures that may pass by themselves (Err.retriable: a lost connection, an aborted transaction);
 * bad data or a refused statement would fail again. A strategy that was named restarts after any failure. */
#ifndef WEIR_RUN_RESTART_H
#define WEIR_RUN_RESTART_H
#include "engine/base/err.h"
#include "engine/base/option.h"

typedef enum RestartKind { RESTART_NONE, RESTART_FIXED, RESTART_FAILURE_RATE, RESTART_EXPONENTIAL } RestartKind;
typedef struct RestartPolicy {
    RestartKind kind;
    bool named;                                  /* the user chose it */
    int64_t attempts;                            /* FIXED: at most; EXPONENTIAL: before reset, -1 = no limit */
    int64_t delay_us, max_delay_us, reset_us, interval_us; double multiplier, jitter;
    int64_t max_failures;
    /* so far */
    int64_t tried, backoff_us, pause_us, last_failure_us;    /* pause_us: the last backoff with its jitter */
    int64_t *failures; uint32_t nfailures;       /* FAILURE_RATE: times of the last max_failures + 1, a ring */
} RestartPolicy;

/* config NULL, or checkpoints off: no restart unless a strategy is named. */
void restart_init(RestartPolicy *policy, const Options *config, bool checkpoints);
void restart_free(RestartPolicy *policy);
/* The pause before the job begins again; -1 = it stays failed. now_us: monotonic. */
int64_t restart_delay_us(RestartPolicy *policy, const Err *err, int64_t now_us);
/* For messages: "exponential-delay". */
const char *restart_name(const RestartPolicy *policy);
#endif
