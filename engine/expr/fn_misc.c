/* TYPEOF, UUID, INET_ATON, INET_NTOA, RAND, RAND_INTEGER. Seeded randomness is java.util.Random's sequence, one per call site. */
#include "engine/base/clock.h"
#include "engine/expr/fn.h"
#include <stdatomic.h>
#include <stdio.h>

/* ---- TYPEOF ---- */

static const Type *infer_typeof(InferCtx *infer, Err *err)
{
    if (infer->nargs < 1 || infer->nargs > 2 || (infer->nargs == 2 && infer->args[1]->type->kind != TYPE_BOOLEAN)) return infer_refuse(infer, err);
    StrBuf text = { 0 };
    const Datum *full = infer->nargs == 2 ? infer_const(infer, 1) : NULL;
    if (full && !full->null && full->v.b) type_print_ddl(infer->args[0]->type, &text);
    else type_print(infer->args[0]->type, false, &text);
    Str *data = ARENA_NEW(infer->ctx->arena, Str);
    *data = str_dup(infer->ctx->arena, strbuf_str(&text));
    strbuf_free(&text);
    *infer->data = data;
    return type_string(true);
}

FN_BODY(fn_typeof) { return ret_slice(out, *(const Str *)call->data); }

/* ---- ROW_COPIES: as many TRUEs as the number says; INTERSECT ALL and EXCEPT ALL unnest it ---- */

static const Type *infer_copies(InferCtx *infer, Err *err)
{
    if (infer->nargs != 1 || !type_is_integer(infer->args[0]->type)) return infer_refuse(infer, err);
    infer_cast(infer, 0, type_simple(TYPE_BIGINT, true));
    return type_array(infer->ctx->arena, type_simple(TYPE_BOOLEAN, false), true);
}

FN_BODY(fn_copies)
{
    int64_t n = args[0].v.i64;
    if (n > 1 << 22) return err_set(err, E_BUDGET, "%lld copies of a row are too many", (long long)n);
    Nested *list = nested_new(env->arena, n > 0 ? (uint32_t)n : 0, n > 0 ? (uint32_t)n : 0);
    for (uint32_t i = 0; i < list->len; i++) list->items[i] = datum_bool(true);
    out->v.nested = list;
    return true;
}

/* ---- UUID ---- */

FN_BODY(fn_uuid)
{
    char text[37];
    uint64_t high = (random_u64() & ~0xF000ull) | 0x4000, low = (random_u64() & ~(3ull << 62)) | 1ull << 63;
    snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xFFFF), (unsigned)(high & 0xFFFF), (unsigned)(low >> 48),
             (unsigned long long)(low & 0xFFFFFFFFFFFFull));
    return ret_str(env, out, (Str){ text, 36 });
}

/* ---- INET ---- */

/* a.b.c.d with numbers up to 255; fewer parts put zeros before the last one (127.1 = 127.0.0.1). */
FN_BODY(fn_inet_aton)
{
    Str s = arg_str(&args[0]);
    uint32_t part[4] = { 0 }, n = 0, digits = 0;
    for (uint32_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.') {
            if (digits == 0 || ++n > 3) return ret_null(out);
            digits = 0;
            continue;
        }
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return ret_null(out);
        part[n] = part[n] * 10 + (uint32_t)(s.ptr[i] - '0');
        digits++;
        if (part[n] > 255) return ret_null(out);
    }
    if (digits == 0) return ret_null(out);
    int64_t address = part[n];
    for (uint32_t i = 0; i < n; i++) address |= (int64_t)part[i] << (24 - 8 * i);
    return ret_long(out, address);
}

FN_BODY(fn_inet_ntoa)
{
    int64_t v = args[0].v.i64;
    char text[20];
    if (v < 0 || v > UINT32_MAX) return ret_null(out);
    int n = snprintf(text, sizeof text, "%d.%d.%d.%d", (int)(v >> 24), (int)(v >> 16 & 255), (int)(v >> 8 & 255), (int)(v & 255));
    return ret_str(env, out, (Str){ text, (uint32_t)n });
}

/* ---- random numbers ---- */

/* java.util.Random's 48-bit state. Atomic, as a program may run on several threads. */
typedef struct JavaRandom { _Atomic uint64_t state; } JavaRandom;
static const uint64_t java_mask = (1ull << 48) - 1;

static uint64_t java_scramble(int64_t seed) { return ((uint64_t)seed ^ 0x5DEECE66Dull) & java_mask; }

static uint32_t java_next(JavaRandom *random, uint32_t bits)
{
    uint64_t old = atomic_load(&random->state), next;
    do next = (old * 0x5DEECE66Dull + 0xB) & java_mask;
    while (!atomic_compare_exchange_weak(&random->state, &old, next));
    return (uint32_t)(next >> (48 - bits));
}

static double java_double(JavaRandom *random)
{
    uint64_t high = java_next(random, 26);
    return (double)((high << 27) + java_next(random, 27)) * 0x1.0p-53;
}

static int32_t java_int(JavaRandom *random, int32_t bound)
{
    uint32_t r = java_next(random, 31), m = (uint32_t)bound - 1;
    if (((uint32_t)bound & m) == 0) return (int32_t)((uint64_t)bound * r >> 31);
    while (r - r % (uint32_t)bound + m > INT32_MAX) r = java_next(random, 31);
    return (int32_t)(r % (uint32_t)bound);
}

/* A constant seed gives one sequence over all rows of the call site. */
static void *prepare_random(const FuncCall *call, Arena *arena, const Datum *const *const_args, Err *err)
{
    (void)err;
    bool seeded = strcmp(call->expr->func->name, "RAND") == 0 ? arg_count(call) == 1 : arg_count(call) == 2;
    if (!seeded || !const_args[0] || const_args[0]->null) return NULL;
    JavaRandom *random = ARENA_NEW(arena, JavaRandom);
    atomic_store(&random->state, java_scramble(const_args[0]->v.i32));
    return random;
}

/* The call site's generator, or a fresh one in *own for this row's seed. */
static JavaRandom *call_random(const FuncCall *call, bool seeded, const Datum *args, JavaRandom *own)
{
    if (call->prepared) return call->prepared;
    atomic_init(&own->state, seeded ? java_scramble(args[0].v.i32) : random_u64() & java_mask);
    return own;
}

FN_BODY(fn_rand)
{
    JavaRandom own;
    return ret_double(out, java_double(call_random(call, arg_count(call) == 1, args, &own)));
}

FN_BODY(fn_rand_integer)
{
    JavaRandom own;
    int32_t bound = args[arg_count(call) - 1].v.i32;
    if (bound <= 0) return err_set(err, E_DATA, "bound %d of RAND_INTEGER must be positive", bound);
    return ret_int(out, java_int(call_random(call, arg_count(call) == 2, args, &own), bound));
}

const FuncDef fn_misc_table[] = {
    FN_ROW("TYPEOF", "=any,bool?", NULL, FN_TOTAL | FN_NULLABLE, infer_typeof, fn_typeof, NULL, "misc", "The type of a value as text.", "TYPEOF(1 + 1)", "INT NOT NULL"),
    FN_ROW("UUID", "", "CHAR(36)", FN_VOLATILE | FN_NOT_NULL | FN_TOTAL, NULL, fn_uuid, NULL, "misc", "A new random UUID.", "CHAR_LENGTH(UUID())", "36"),
    FN_ROW("INET_ATON", "str", "BIGINT", FN_STRICT | FN_NULLABLE | FN_TOTAL, NULL, fn_inet_aton, NULL, "misc", "The number of an IPv4 address.", "INET_ATON('127.0.0.1')", "2130706433"),
    FN_ROW("INET_NTOA", "bigint", "STRING", FN_STRICT | FN_NULLABLE | FN_TOTAL, NULL, fn_inet_ntoa, NULL, "misc", "The IPv4 address of a number.", "INET_NTOA(2130706433)", "127.0.0.1"),
    FN_ROW("RAND", "|integer", "DOUBLE", FN_STRICT | FN_VOLATILE | FN_TOTAL, NULL, fn_rand, prepare_random, "math", "A random number from 0 to less than 1, of a sequence if a seed is given.", "RAND(42)", "0.7275636800328681"),
    FN_ROW("RAND_INTEGER", "integer|integer,integer", "INT", FN_STRICT | FN_VOLATILE, NULL, fn_rand_integer, prepare_random, "math", "A random whole number from 0 to less than a bound, of a sequence if a seed is given first.", "RAND_INTEGER(42, 100)", "30"),
    FN_ROW("ROW_COPIES", NULL, NULL, FN_STRICT | FN_INTERNAL, infer_copies, fn_copies, NULL, "misc", "As many TRUEs as the number says.", "ROW_COPIES(2)", "[TRUE, TRUE]"),
    FN_END
};
