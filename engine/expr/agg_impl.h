/* What an aggregate is made of. Private to engine/expr/agg*.c.
 * To add one: an AggImpl per kind of state, a row in the table of agg.c.
 * States are zeroed bytes of item->impl->size at item->offset of the group's slot; memory outside the slot is malloc'ed and freed by destroy.
 * Rows reach update() filtered (FILTER, DISTINCT) and, unless keep_nulls, with every value argument not NULL. */
#ifndef WEIR_EXPR_AGG_IMPL_H
#define WEIR_EXPR_AGG_IMPL_H
#include "engine/base/hashtab.h"
#include "engine/expr/agg.h"

typedef struct AggImpl AggImpl;
typedef struct AggItem {                         /* one call laid out in the group's state */
    AggCall call;
    const AggImpl *impl;
    uint32_t offset, distinct_offset;            /* distinct_offset: an AggBag, when call.distinct */
    uint32_t nvalues;                            /* leading arguments that vary; the others are constants */
} AggItem;

struct AggImpl {
    size_t size;
    bool keep_nulls;
    void (*destroy)(const AggItem *item, void *state);
    /* args: FLAT vectors of the batch. ops NULL: all rows are added; else rows of -U and -D are taken back. */
    bool (*update)(const AggItem *item, void *const *states, const Vec *args, const uint32_t *rows, uint32_t n, const uint8_t *ops, Err *err);
    void (*merge)(const AggItem *item, void *into, const void *from);
    bool (*result)(const AggItem *item, const void *state, Arena *arena, Datum *out, Err *err);
    void (*encode)(const AggItem *item, const void *state, StrBuf *out);
    bool (*decode)(const AggItem *item, Reader *in, void *state);
};

enum { AGG_NO_MERGE = 1, AGG_NO_DISTINCT = 2, AGG_ALWAYS_DISTINCT = 4, AGG_NO_RETRACT = 8 };
typedef struct AggInfer { ExprCtx *ctx; Expr **args; uint32_t nargs; bool grouped; Span span; const AggDef *def; AggCall *out; } AggInfer;
struct AggDef {
    const char *name;
    const char *args;            /* what it takes, in the words of FuncDef.args: for the reader, infer checks */
    unsigned flags;
    /* Checks and casts the arguments; the result's type with nullability, NULL + err. */
    const Type *(*infer)(AggInfer *infer, Err *err);
    const AggImpl *(*choose)(const AggCall *call);
    const char *doc, *example, *result;          /* the example over the rows AGG_EXAMPLE_ROWS, and its value as text: run as a test */
};

static inline void *agg_at(void *state, const AggItem *item) { return (char *)state + item->offset; }
static inline const void *agg_at_const(const void *state, const AggItem *item) { return (const char *)state + item->offset; }
static inline int agg_sign(const uint8_t *ops, uint32_t row) { return !ops || row_op_adds((RowOp)ops[row]) ? 1 : -1; }
const Type *agg_refuse(const AggInfer *infer, Err *err);

/* choose() of each family. */
const AggImpl *agg_choose_count(const AggCall *call);
const AggImpl *agg_choose_sum(const AggCall *call);
const AggImpl *agg_choose_avg(const AggCall *call);
const AggImpl *agg_choose_variance(const AggCall *call);
const AggImpl *agg_choose_minmax(const AggCall *call);
const AggImpl *agg_choose_single(const AggCall *call);
const AggImpl *agg_choose_first_last(const AggCall *call);
const AggImpl *agg_choose_list(const AggCall *call);
const AggImpl *agg_choose_listagg(const AggCall *call);
const AggImpl *agg_choose_collect(const AggCall *call);
const AggImpl *agg_choose_percentile(const AggCall *call);
const AggImpl *agg_choose_json(const AggCall *call);
const Type *agg_infer_json(AggInfer *infer, Err *err);
const AggImpl *agg_choose_bitmap(const AggCall *call);
const Type *agg_infer_bitmap(AggInfer *infer, Err *err);

/* --- parts of states --- */

/* Values with counts: DISTINCT, COLLECT, MIN and MAX that can take back. Keys are datum_encode'd bytes; {0} is empty. */
typedef struct AggBag { StrMap map; int64_t *counts; uint32_t cap; StrBuf scratch; } AggBag;
void bag_free(AggBag *bag);
/* Adds delta copies; returns the count afterwards. A value whose count is 0 is forgotten. scratch holds the encoded value. */
int64_t bag_add(AggBag *bag, const Type *type, const Datum *value, int64_t delta);
int64_t bag_add_key(AggBag *bag, Str key, int64_t delta);
void bag_encode(const AggBag *bag, StrBuf *out);
bool bag_decode(AggBag *bag, Reader *in);

/* Values in order of arrival, encoded; the first equal one can be taken out. {0} is empty. */
typedef struct AggList { StrBuf bytes; struct AggSpan { uint32_t at, len; } *items; uint32_t n, cap, dead; } AggList;
void list_free(AggList *list);
void list_add_key(AggList *list, Str key);
void list_add(AggList *list, const Type *type, const Datum *value);
bool list_remove_key(AggList *list, Str key);                /* false if there is none */
bool list_remove(AggList *list, const Type *type, const Datum *value);
static inline Str list_key(const AggList *list, uint32_t i) { return (Str){ list->bytes.ptr + list->items[i].at, list->items[i].len }; }
bool list_get(const AggList *list, uint32_t i, const Type *type, Arena *arena, Datum *out);
void list_encode(const AggList *list, StrBuf *out);
bool list_decode(AggList *list, Reader *in);
#endif
