/* The clock: CURRENT_TIMESTAMP and its kin, PROCTIME, CURRENT_WATERMARK. Per row when streaming, once a query in batch
 * (except PROCTIME and CURRENT_ROW_TIMESTAMP). Dates and local times are those of the session zone. */
#include "engine/expr/fn.h"
#include "engine/base/clock.h"

static Instant query_now(const EvalEnv *env)
{
    return instant_us(env->batch && env->query_start_us ? env->query_start_us : clock_now_us());
}
static Instant local_now(const EvalEnv *env)
{
    Instant now = query_now(env);
    now.sec += zone_offset(env->zone, now.sec);
    return now;
}

FN_BODY(fn_current_timestamp) { *out = instant_datum(call->expr->type, query_now(env)); return true; }
FN_BODY(fn_current_row_timestamp) { *out = instant_datum(call->expr->type, instant_us(clock_now_us())); return true; }
FN_BODY(fn_localtimestamp) { *out = instant_datum(call->expr->type, local_now(env)); return true; }
FN_BODY(fn_localtime)
{
    int64_t of_day = local_now(env).sec % 86400;
    return ret_int(out, (int32_t)(of_day < 0 ? of_day + 86400 : of_day) * 1000);
}
FN_BODY(fn_current_date)
{
    int64_t sec = local_now(env).sec;
    return ret_int(out, (int32_t)(sec / 86400 - (sec % 86400 < 0)));
}

static const Type *infer_time0(InferCtx *infer, Err *err)
{
    (void)err;
    return type_time(infer->ctx->arena, TYPE_TIME, 0, false);
}

static const Type *infer_proctime(InferCtx *infer, Err *err)
{
    (void)err;
    return type_with_attr(infer->ctx->arena, type_time(infer->ctx->arena, TYPE_TIMESTAMP_LTZ, 3, false), ATTR_PROCTIME);
}

static const Type *infer_watermark(InferCtx *infer, Err *err)
{
    const Type *type = infer->nargs == 1 ? infer->args[0]->type : NULL;
    if (!type || type->attr != ATTR_ROWTIME) {
        err_at(err, E_TYPE, infer->span, "CURRENT_WATERMARK must be called with a single rowtime attribute");
        return NULL;
    }
    return type_with_attr(infer->ctx->arena, type_with_null(infer->ctx->arena, type, true), ATTR_NONE);
}

FN_BODY(fn_current_watermark)
{
    if (env->watermark_us == INT64_MIN) return ret_null(out);
    *out = instant_datum(call->expr->type, instant_us(env->watermark_us));
    return true;
}

/* The clock is read once a batch: all its rows are processed now. */
static bool kernel_now(const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row, Err *err)
{
    (void)args;
    (void)bad_row;
    Datum value = datum_i64(0);
    if (!call->expr->func->body(call, env, NULL, &value, err)) return false;
    if (out->phys == PHYS_I64)
        for (uint32_t i = 0; i < n; i++) ((int64_t *)out->data)[sel ? sel[i] : i] = value.v.i64;
    else
        for (uint32_t i = 0; i < n; i++) ((int32_t *)out->data)[sel ? sel[i] : i] = value.v.i32;
    return true;
}

#define NOW_FLAGS (FN_VOLATILE | FN_NOT_NULL | FN_TOTAL)
#define NOW_ROW(NAME, RET, FLAGS, INFER, BODY, DOC, EXAMPLE, RESULT) \
    { .name = NAME, .args = "", .ret = RET, .flags = FLAGS, .infer = INFER, .body = BODY, .kernel = kernel_now, .category = "time", .doc = DOC, .example = EXAMPLE, .result = RESULT }
const FuncDef fn_now_table[] = {
    NOW_ROW("CURRENT_TIMESTAMP", NULL, NOW_FLAGS | FN_BARE, infer_timestamp_ltz3, fn_current_timestamp, "The instant now.", "CURRENT_TIMESTAMP > TO_TIMESTAMP_LTZ(0, 3)", "TRUE"),
    NOW_ROW("NOW", NULL, NOW_FLAGS, infer_timestamp_ltz3, fn_current_timestamp, "The instant now.", "CHAR_LENGTH(CAST(NOW() AS STRING))", "23"),
    NOW_ROW("CURRENT_ROW_TIMESTAMP", NULL, NOW_FLAGS, infer_timestamp_ltz3, fn_current_row_timestamp, "The instant at which the row is processed, in batch too.", "CURRENT_ROW_TIMESTAMP() > TO_TIMESTAMP_LTZ(0, 3)", "TRUE"),
    NOW_ROW("LOCALTIMESTAMP", NULL, NOW_FLAGS | FN_BARE, infer_timestamp3, fn_localtimestamp, "Date and time now in the session zone.", "LOCALTIMESTAMP > TIMESTAMP '2020-01-01 00:00:00'", "TRUE"),
    NOW_ROW("CURRENT_DATE", "DATE", NOW_FLAGS | FN_BARE, NULL, fn_current_date, "Today in the session zone.", "CURRENT_DATE > DATE '2020-01-01'", "TRUE"),
    NOW_ROW("CURRENT_TIME", NULL, NOW_FLAGS | FN_BARE, infer_time0, fn_localtime, "Time of day now in the session zone.", "CHAR_LENGTH(CAST(CURRENT_TIME AS STRING))", "8"),
    NOW_ROW("LOCALTIME", NULL, NOW_FLAGS | FN_BARE, infer_time0, fn_localtime, "Time of day now in the session zone.", "CHAR_LENGTH(CAST(LOCALTIME AS STRING))", "8"),
    NOW_ROW("PROCTIME", NULL, NOW_FLAGS, infer_proctime, fn_current_row_timestamp, "The processing time attribute.", "CHAR_LENGTH(CAST(PROCTIME() AS STRING))", "23"),
    FN_ROW("CURRENT_WATERMARK", "any", NULL, FN_VOLATILE | FN_NULLABLE | FN_TOTAL, infer_watermark, fn_current_watermark, NULL, "time", "The watermark at this row for a rowtime attribute, NULL before the first one.", NULL, NULL),
    FN_END
};
