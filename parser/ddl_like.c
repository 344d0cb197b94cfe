/* CREATE TABLE .. LIKE: merges the source table into a draft that holds the statement's own parts (Flink's documentation).
 * Source columns come first, each feature by its merging strategy. The comment is not inherited; PARTITIONED BY and DISTRIBUTED
 * are, even under EXCLUDING ALL, as in Flink. Pure. */
#include "parser/ddl.h"

typedef enum Feature { LIKE_CONSTRAINTS, LIKE_DISTRIBUTION, LIKE_GENERATED, LIKE_METADATA, LIKE_OPTIONS, LIKE_PARTITIONS, LIKE_WATERMARKS, LIKE_FEATURES } Feature;
typedef enum Merge { MERGE_INCLUDING, MERGE_EXCLUDING, MERGE_OVERWRITING } Merge;
typedef struct Strategy { Merge merge[LIKE_FEATURES]; } Strategy;

static const struct { const char *name; bool overwriting; } features[LIKE_FEATURES] = {
    [LIKE_CONSTRAINTS] = { "CONSTRAINTS", false }, [LIKE_DISTRIBUTION] = { "DISTRIBUTION", false }, [LIKE_GENERATED] = { "GENERATED", true },
    [LIKE_METADATA] = { "METADATA", true }, [LIKE_OPTIONS] = { "OPTIONS", true }, [LIKE_PARTITIONS] = { "PARTITIONS", false }, [LIKE_WATERMARKS] = { "WATERMARKS", true },
};

static int find_feature(Str name)
{
    for (int i = 0; i < LIKE_FEATURES; i++)
        if (str_iis(name, features[i].name)) return i;
    return -1;
}

static Merge merge_of(const LikeOption *option)
{
    return option->merge == LIKE_EXCLUDING ? MERGE_EXCLUDING : option->merge == LIKE_OVERWRITING ? MERGE_OVERWRITING : MERGE_INCLUDING;
}

/* Default INCLUDING ALL OVERWRITING OPTIONS; ALL sets every feature, a named one beats it whatever the order. */
static bool read_strategy(const AstCreateTable *create, Strategy *out, Err *err)
{
    *out = (Strategy){ { MERGE_INCLUDING } };
    out->merge[LIKE_OPTIONS] = MERGE_OVERWRITING;
    for (uint32_t i = 0; i < create->nlike; i++) {
        const LikeOption *option = &create->like_options[i];
        int feature = find_feature(option->feature);
        for (uint32_t k = 0; k < i; k++)
            if (str_ieq(create->like_options[k].feature, option->feature)) return err_at(err, E_INVALID, option->span, "LIKE option " STR_FMT " stands twice", STR_ARG(option->feature));
        if (option->merge == LIKE_OVERWRITING && (feature < 0 || !features[feature].overwriting))
            return err_at(err, E_INVALID, option->span, "OVERWRITING does not go with " STR_FMT, STR_ARG(option->feature));
        for (int f = 0; feature < 0 && f < LIKE_FEATURES; f++) out->merge[f] = merge_of(option);
    }
    for (uint32_t i = 0; i < create->nlike; i++) {
        int feature = find_feature(create->like_options[i].feature);
        if (feature >= 0) out->merge[feature] = merge_of(&create->like_options[i]);
    }
    return true;
}

static bool clash(Span span, const char *what, Str name, const char *hint, Err *err)
{
    err_at(err, E_DUP_COLUMN, span, "%s \"" STR_FMT "\" exists already in the source table", what, STR_ARG(name));
    return hint ? err_hint(err, "%s", hint) : false;
}

/* Own column over a source column of the same name: true when it may replace it. */
static bool may_replace(const DraftColumn *base, const DraftColumn *own, const Strategy *strategy, Err *err)
{
    const TableColumn *col = &own->col;
    if (base->col.kind == TCOL_COMPUTED && col->kind == TCOL_COMPUTED)
        return strategy->merge[LIKE_GENERATED] == MERGE_OVERWRITING || clash(own->span, "computed column", col->name, "Say EXCLUDING GENERATED or OVERWRITING GENERATED.", err);
    if (base->col.kind == TCOL_METADATA && col->kind == TCOL_METADATA)
        return strategy->merge[LIKE_METADATA] == MERGE_OVERWRITING || clash(own->span, "metadata column", col->name, "Say EXCLUDING METADATA or OVERWRITING METADATA.", err);
    return clash(own->span, "column", col->name, NULL, err);
}

static bool merge_columns(Draft *draft, const TableDef *base, const Strategy *strategy, Err *err)
{
    DraftColumn *own = draft->cols.v;
    uint32_t nown = draft->cols.n;
    draft->cols.v = NULL;
    draft->cols.n = draft->cols.cap = 0;
    for (uint32_t i = 0; i < base->ncols; i++) {
        DraftColumn column = { .col = base->cols[i], .inherited = true };
        if (column.col.kind == TCOL_COMPUTED && strategy->merge[LIKE_GENERATED] == MERGE_EXCLUDING) continue;
        if (column.col.kind == TCOL_METADATA && strategy->merge[LIKE_METADATA] == MERGE_EXCLUDING) continue;
        ARENA_PUSH(draft->arena, draft->cols, column);
    }
    uint32_t nbase = draft->cols.n;
    for (uint32_t i = 0; i < nown; i++) {
        int at = draft_find(draft, own[i].col.name);
        if (at < 0) {
            ARENA_PUSH(draft->arena, draft->cols, own[i]);
            continue;
        }
        if ((uint32_t)at >= nbase) return err_at(err, E_DUP_COLUMN, own[i].span, "column \"" STR_FMT "\" stands twice in the table", STR_ARG(own[i].col.name));
        if (!may_replace(&draft->cols.v[at], &own[i], strategy, err)) return false;
        draft->cols.v[at] = own[i];
    }
    return true;
}

static bool merge_key(Draft *draft, const TableDef *base, Merge merge, Err *err)
{
    if (merge == MERGE_EXCLUDING || !base->npk) return true;
    if (draft->has_pk) {
        err_at(err, E_INVALID, draft->pk_span, "the source table has a primary key already");
        return err_hint(err, "Say EXCLUDING CONSTRAINTS.");
    }
    draft->has_pk = true;
    draft->pk_name = base->pk_name;
    for (uint32_t i = 0; i < base->npk; i++) {
        Ident name = { .name = base->cols[base->pk[i]].name };
        ARENA_PUSH(draft->arena, draft->pk, name);
    }
    return true;
}

static bool merge_watermark(Draft *draft, const TableDef *base, Merge merge, Err *err)
{
    if (merge == MERGE_EXCLUDING || !base->watermark_text.len) return true;
    if (draft->watermark_column.len) {
        if (merge == MERGE_OVERWRITING) return true;
        err_at(err, E_INVALID, draft->watermark_span, "the source table has a watermark already");
        return err_hint(err, "Say EXCLUDING WATERMARKS or OVERWRITING WATERMARKS.");
    }
    draft->watermark_column = base->watermark_column;
    draft->watermark_text = base->watermark_text;
    draft->watermark_expr = NULL;
    return true;
}

static bool merge_options(Draft *draft, const TableDef *base, const AstCreateTable *create, Merge merge, Err *err)
{
    if (merge == MERGE_EXCLUDING) return true;
    Options merged = { 0 };
    for (uint32_t i = 0; i < base->options.n; i++) {
        const Option *option = &base->options.v[i], *own = options_find(&create->options, option->key);
        if (own && merge == MERGE_INCLUDING) {
            err_at(err, E_OPTION, own->span, "option '" STR_FMT "' exists already in the source table", STR_ARG(option->key));
            return err_hint(err, "Say EXCLUDING OPTIONS or OVERWRITING OPTIONS.");
        }
        options_set(draft->arena, &merged, option->key, option->value);
    }
    for (uint32_t i = 0; i < draft->def.options.n; i++) options_set(draft->arena, &merged, draft->def.options.v[i].key, draft->def.options.v[i].value);
    draft->def.options = merged;
    return true;
}

/* Own PARTITIONED BY or DISTRIBUTED beside the source's one: refused unless excluded. Without an own one the source's stays. */
static bool layout_clash(const Draft *draft, const TableDef *base, const AstCreateTable *create, const Strategy *strategy, Err *err)
{
    bool partitions = draft->def.npartition && base->npartition && strategy->merge[LIKE_PARTITIONS] != MERGE_EXCLUDING;
    bool distribution = create->distribution.given && base->distributed && strategy->merge[LIKE_DISTRIBUTION] != MERGE_EXCLUDING;
    if (!partitions && !distribution) return false;
    err_at(err, E_INVALID, create->like.span, "the source table is %s already", partitions ? "partitioned" : "distributed");
    err_hint(err, "Say EXCLUDING %s.", partitions ? "PARTITIONS" : "DISTRIBUTION");
    return true;
}

static void merge_layout(Draft *draft, const TableDef *base)
{
    TableDef *def = &draft->def;
    if (!def->npartition) {
        def->partition = base->partition;
        def->npartition = base->npartition;
    }
    if (def->distributed) return;
    def->distributed = base->distributed;
    def->dist_kind = base->dist_kind;
    def->dist_cols = base->dist_cols;
    def->ndist_cols = base->ndist_cols;
    def->dist_buckets = base->dist_buckets;
}

bool draft_like(Draft *draft, const TableDef *base, const AstCreateTable *create, Err *err)
{
    Strategy strategy;
    if (!read_strategy(create, &strategy, err) || !merge_columns(draft, base, &strategy, err)) return false;
    if (!merge_key(draft, base, strategy.merge[LIKE_CONSTRAINTS], err) || !merge_watermark(draft, base, strategy.merge[LIKE_WATERMARKS], err)) return false;
    if (!merge_options(draft, base, create, strategy.merge[LIKE_OPTIONS], err)) return false;
    if (layout_clash(draft, base, create, &strategy, err)) return false;
    merge_layout(draft, base);
    return true;
}
