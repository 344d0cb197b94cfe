/* Restart strategies; see restart.h. Pure but for the random jitter. */
#include "engine/run/restart.h"
#include "engine/base/clock.h"
#include "engine/plan/config.h"

#include <stdlib.h>

static const struct { const char *name; RestartKind kind; } names[] = {
    { "none", RESTART_NONE }, { "off", RESTART_NONE }, { "disable", RESTART_NONE },
    { "fixed-delay", RESTART_FIXED }, { "fixeddelay", RESTART_FIXED },
    { "failure-rate", RESTART_FAILURE_RATE }, { "failurerate", RESTART_FAILURE_RATE },
    { "exponential-delay", RESTART_EXPONENTIAL }, { "exponentialdelay", RESTART_EXPONENTIAL },
};

static Str chosen(const Options *config)
{
    const Option *type = options_find(config, STR("restart-strategy.type"));
    if (!type) type = options_find(config, STR("restart-strategy"));
    return type ? type->value : STR_NULL;
}

void restart_init(RestartPolicy *policy, const Options *config, bool checkpoints)
{
    *policy = (RestartPolicy){ .kind = RESTART_NONE };
    if (!config) return;
    Str type = chosen(config);
    policy->named = type.len > 0;
    policy->kind = policy->named || !checkpoints ? RESTART_NONE : RESTART_EXPONENTIAL;
    for (size_t i = 0; policy->named && i < sizeof names / sizeof *names; i++)
        if (str_iis(type, names[i].name)) policy->kind = names[i].kind;
    switch (policy->kind) {
    case RESTART_NONE:
        break;
    case RESTART_FIXED:
        policy->attempts = config_i64(config, "restart-strategy.fixed-delay.attempts");
        policy->delay_us = config_i64(config, "restart-strategy.fixed-delay.delay");
        break;
    case RESTART_FAILURE_RATE:
        policy->max_failures = config_i64(config, "restart-strategy.failure-rate.max-failures-per-interval");
        policy->interval_us = config_i64(config, "restart-strategy.failure-rate.failure-rate-interval");
        policy->delay_us = config_i64(config, "restart-strategy.failure-rate.delay");
        if (policy->max_failures < 1) policy->max_failures = 1;
        policy->failures = xcalloc((size_t)policy->max_failures, sizeof *policy->failures);
        break;
    case RESTART_EXPONENTIAL:
        policy->attempts = config_i64(config, "restart-strategy.exponential-delay.attempts-before-reset-backoff");
        policy->delay_us = config_i64(config, "restart-strategy.exponential-delay.initial-backoff");
        policy->max_delay_us = config_i64(config, "restart-strategy.exponential-delay.max-backoff");
        policy->reset_us = config_i64(config, "restart-strategy.exponential-delay.reset-backoff-threshold");
        policy->multiplier = config_double(config, "restart-strategy.exponential-delay.backoff-multiplier");
        policy->jitter = config_double(config, "restart-strategy.exponential-delay.jitter-factor");
        break;
    }
}

void restart_free(RestartPolicy *policy)
{
    free(policy->failures);
    policy->failures = NULL;
}

/* Too many within the interval: the oldest of the last max_failures lies inside it. */
static int64_t failure_rate(RestartPolicy *policy, int64_t now_us)
{
    uint32_t max = (uint32_t)policy->max_failures;
    bool full = policy->nfailures >= max;
    if (full && now_us - policy->failures[policy->nfailures % max] <= policy->interval_us) return -1;
    policy->failures[policy->nfailures++ % max] = now_us;
    return policy->delay_us;
}

/* Jitter never leaves initial .. max, and the longest pause has none. */
static int64_t with_jitter(const RestartPolicy *policy)
{
    if (policy->backoff_us >= policy->max_delay_us) return policy->max_delay_us;
    double spread = (double)(random_u64() >> 11) / (double)(1ull << 53) * 2 - 1;      /* -1 .. 1 */
    int64_t pause = policy->backoff_us + (int64_t)((double)policy->backoff_us * policy->jitter * spread);
    return pause < policy->delay_us ? policy->delay_us : pause > policy->max_delay_us ? policy->max_delay_us : pause;
}

/* The time without failure counts from the end of the last pause. */
static int64_t exponential(RestartPolicy *policy, int64_t now_us)
{
    if (policy->tried && now_us - policy->last_failure_us >= policy->reset_us + policy->pause_us) policy->tried = 0;
    policy->last_failure_us = now_us;
    if (policy->attempts >= 0 && policy->tried >= policy->attempts) return -1;
    double next = policy->tried++ == 0 ? (double)policy->delay_us : (double)policy->backoff_us * policy->multiplier;
    policy->backoff_us = next > (double)policy->max_delay_us ? policy->max_delay_us : (int64_t)next;
    return policy->pause_us = with_jitter(policy);
}

int64_t restart_delay_us(RestartPolicy *policy, const Err *err, int64_t now_us)
{
    if (err->code == E_CANCELLED || err->code == E_INTERNAL || (!policy->named && !err->retriable)) return -1;
    switch (policy->kind) {
    case RESTART_NONE: return -1;
    case RESTART_FIXED: return policy->tried++ < policy->attempts ? policy->delay_us : -1;
    case RESTART_FAILURE_RATE: return failure_rate(policy, now_us);
    case RESTART_EXPONENTIAL: return exponential(policy, now_us);
    }
    return -1;
}

const char *restart_name(const RestartPolicy *policy)
{
    switch (policy->kind) {
    case RESTART_NONE: return "none";
    case RESTART_FIXED: return "fixed-delay";
    case RESTART_FAILURE_RATE: return "failure-rate";
    case RESTART_EXPONENTIAL: return "exponential-delay";
    }
    return "none";
}
