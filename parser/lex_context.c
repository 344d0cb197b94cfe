#include "parser/lex_context.h"

#include "grammar.h"

typedef struct Context { Token *v; uint32_t n; } Context;

static uint16_t kind_at(const Context *c, uint32_t i) { return i > 0 && i < c->n ? c->v[i].kind : 0; }
static uint16_t flags_at(const Context *c, uint32_t i) { return i < c->n && c->v[i].keyword >= 0 ? keywords[c->v[i].keyword].flags : 0; }
static bool opens(uint16_t kind) { return kind == TK_LP || kind == TK_LPQ; }
/* Units that may follow a difference in parentheses; as an alias there they need AS. */
static bool is_any_unit(uint16_t kind)
{
    switch (kind) {
    case TK_YEAR: case TK_YEARS: case TK_QUARTER: case TK_QUARTERS: case TK_MONTH: case TK_MONTHS: case TK_WEEK: case TK_WEEKS: case TK_DAY: case TK_DAYS: case TK_HOUR:
    case TK_HOURS: case TK_MINUTE: case TK_MINUTES: case TK_SECOND: case TK_SECONDS: return true;
    }
    return false;
}
static bool is_unit(uint16_t kind) { return kind == TK_YEAR || kind == TK_MONTH || kind == TK_DAY || kind == TK_HOUR || kind == TK_MINUTE || kind == TK_SECOND; }
/* A word that may be a name: unreserved, or quoted. */
static bool is_free(const Context *c, uint32_t i)
{
    const Token *t = &c->v[i];
    return t->kind == TK_ID || t->kind == TK_FN_ID || (t->keyword >= 0 && !(flags_at(c, i) & WORD_RESERVED));
}
static bool calls(const Context *c, uint32_t i) { return i > 0 && c->v[i].kind != TK_SOME && (is_free(c, i) || (flags_at(c, i) & WORD_CALLABLE)); }

static void match_parens(Context *c, Arena *arena)
{
    uint32_t *stack = ARENA_ARRAY(arena, uint32_t, c->n), depth = 0;
    for (uint32_t i = 1; i < c->n; i++) {
        Token *t = &c->v[i];
        t->match = depth ? stack[depth - 1] : 0;
        if (t->kind == TK_LP) stack[depth++] = i;
        if (t->kind == TK_RP && depth) {
            t->match = stack[--depth];
            c->v[t->match].match = i;
        }
    }
    while (depth) c->v[stack[--depth]].match = 0;
}

/* Is the name before the ( at i the target of INSERT? */
static bool insert_target(const Context *c, uint32_t i)
{
    while (i > 1 && (kind_at(c, i - 1) == TK_DOT || is_free(c, i - 1))) i--;
    return kind_at(c, i - 1) == TK_INTO || (kind_at(c, i) == TK_OVERWRITE && kind_at(c, i - 1) == TK_INSERT);
}

/* Does the ( at i hold a query? Its first word says so; behind a nested ( the word after the inner ) does. */
static bool opens_query(const Context *c, uint32_t i)
{
    uint16_t next = kind_at(c, i + 1), before = kind_at(c, i - 1);
    if (next == TK_SELECT || next == TK_VALUES || next == TK_WITH) return true;
    if (next == TK_TABLE) return before != TK_TABLE && (!calls(c, i - 1) || insert_target(c, i));
    if (next != TK_LPQ || before == TK_ROW || (calls(c, i - 1) && !insert_target(c, i))) return false;
    uint32_t inner = c->v[i + 1].match;
    switch (inner ? kind_at(c, inner + 1) : 0) {
    case TK_RP: case TK_UNION: case TK_EXCEPT: case TK_INTERSECT: case TK_ORDER: case TK_LIMIT: case TK_OFFSET: case TK_FETCH: return true;
    }
    return false;
}

/* The first IN of POSITION(a IN b). */
static void mark_position(Context *c, uint32_t i)
{
    uint32_t open = i + 1, close = c->v[open].match;
    for (uint32_t k = open + 1; k < close; k++)
        if (c->v[k].kind == TK_IN && c->v[k].match == open) {
            c->v[k].kind = TK_POS_IN;
            return;
        }
}

/* MODEL m as an argument of a table function. */
static bool model_argument(const Context *c, uint32_t i)
{
    uint16_t before = kind_at(c, i - 1);
    return (before == TK_COMMA || before == TK_ARROW || opens(before)) && c->v[i].match && calls(c, c->v[i].match - 1) && kind_at(c, i + 1) != TK_DOT && is_free(c, i + 1)
        && c->v[i + 1].kind != 0;
}

static bool in_json_object(const Context *c, uint32_t i)
{
    uint16_t owner = c->v[i].match ? kind_at(c, c->v[i].match - 1) : 0;
    return owner == TK_JSON_OBJECT || owner == TK_JSON_OBJECTAGG;
}

/* Is all between EXPLAIN and i a list of details? */
static bool only_details(const Context *c, uint32_t i)
{
    for (uint32_t k = 2; k < i; k++) {
        uint16_t kind = kind_at(c, k);
        if (kind != TK_COMMA && kind != TK_JSON_EXECUTION_PLAN && kind != TK_CHANGELOG_MODE && kind != TK_ESTIMATED_COST && kind != TK_PLAN_ADVICE) return false;
    }
    return true;
}

/* Words that are keywords only among certain neighbours, else names. True: stays a keyword. */
static bool keeps_meaning(const Context *c, uint32_t i)
{
    uint16_t before = kind_at(c, i - 1), next = kind_at(c, i + 1);
    bool call = next == TK_LP || next == TK_LPQ;
    switch (c->v[i].kind) {
    case TK_A: return (before == TK_IS || before == TK_NOT) && next == TK_SET;
    case TK_IGNORE: case TK_RESPECT: return next == TK_NULLS;
    case TK_FINAL: return calls(c, i + 1) && kind_at(c, i + 2) == TK_LP;
    case TK_KEY: return before == TK_PRIMARY || ((before == TK_COMMA || opens(before)) && in_json_object(c, i));
    case TK_SETS: return before == TK_GROUPING;
    case TK_ABSENT: return next == TK_ON && kind_at(c, i + 2) == TK_NULL;
    case TK_IMMEDIATELY: return next == TK_PRECEDES || next == TK_SUCCEEDS;
    case TK_DESCRIPTOR: case TK_TIMESTAMPADD: case TK_TIMESTAMPDIFF: return call;
    case TK_MAP: return next == TK_LBRACKET || next == TK_LT;
    case TK_ADD: return kind_at(c, 1) == TK_ALTER || i == 1;
    case TK_PLACING: return c->v[i].match && kind_at(c, c->v[i].match - 1) == TK_OVERLAY;
    case TK_JSON_EXECUTION_PLAN: case TK_CHANGELOG_MODE: case TK_ESTIMATED_COST: case TK_PLAN_ADVICE: return kind_at(c, 1) == TK_EXPLAIN && only_details(c, i);
    case TK_INPUT: case TK_OUTPUT: return kind_at(c, 1) == TK_CREATE && (kind_at(c, 2) == TK_MODEL || kind_at(c, 3) == TK_MODEL);
    case TK_CATALOG: case TK_DATABASE: case TK_JOB: case TK_MODEL:
        if (kind_at(c, i) == TK_MODEL && model_argument(c, i)) return true;
        return !(i == 2 && (kind_at(c, 1) == TK_DESC || kind_at(c, 1) == TK_DESCRIBE) && (next == 0 || next == TK_SEMI || next == TK_DOT)) && !call;
    }
    return !call;
}

/* YEAR( behind an operand is a unit with its precision (INTERVAL '1' YEAR(2)), else a function. */
static bool unit_precision(const Context *c, uint32_t i)
{
    switch (kind_at(c, i - 1)) {
    case TK_STRING_LITERAL: case TK_INTEGER_LITERAL: case TK_DECIMAL_LITERAL: case TK_RP: case TK_RP_UNIT: case TK_RBRACKET: case TK_TO: case TK_INTERVAL: return true;
    }
    return i > 1 && is_free(c, i - 1);
}

static void mark_word(Context *c, uint32_t i)
{
    Token *t = &c->v[i];
    uint16_t next = kind_at(c, i + 1);
    bool call = next == TK_LP || next == TK_LPQ;
    if (t->kind == TK_ID || (t->keyword >= 0 && !(flags_at(c, i) & WORD_RESERVED))) {
        if (t->kind != TK_ID && !keeps_meaning(c, i)) t->kind = TK_ID;
        if (t->kind == TK_ID && call) t->kind = TK_FN_ID;
        if (t->kind == TK_MODEL && model_argument(c, i)) t->kind = TK_MODEL_ARG;
        if (t->kind == TK_MAP && next == TK_LT) t->kind = TK_MAP_LT;
        return;
    }
    if (t->keyword < 0 || !call) return;
    if (t->kind == TK_POSITION) mark_position(c, i);
    if (!(flags_at(c, i) & WORD_CALLABLE) || (is_unit(t->kind) && unit_precision(c, i))) return;
    uint16_t before = kind_at(c, i - 1);
    if (t->kind == TK_SOME && before != TK_EQ && before != TK_NE && before != TK_LT && before != TK_LE && before != TK_GT && before != TK_GE) t->kind = TK_FN_KW;
    switch (t->kind) {
    case TK_WORD: case TK_LEFT: case TK_RIGHT: case TK_YEAR: case TK_MONTH: case TK_HOUR: case TK_MINUTE: case TK_SECOND: case TK_TRUNCATE: case TK_GROUPING: case TK_NEXT:
    case TK_CURRENT_DATE: case TK_CURRENT_TIME: case TK_CURRENT_TIMESTAMP: case TK_LOCALTIME: case TK_LOCALTIMESTAMP: case TK_USER: t->kind = TK_FN_KW;
    }
}

static bool is_interval_range(uint16_t from, uint16_t to)
{
    bool second = to == TK_SECOND || to == TK_SECONDS, minute = to == TK_MINUTE || to == TK_MINUTES || second, hour = to == TK_HOUR || to == TK_HOURS || minute;
    switch (from) {
    case TK_YEAR: case TK_YEARS: return to == TK_MONTH || to == TK_MONTHS;
    case TK_DAY: case TK_DAYS: return hour;
    case TK_HOUR: case TK_HOURS: return minute;
    case TK_MINUTE: case TK_MINUTES: return second;
    }
    return false;
}

static void mark_operator(Context *c, uint32_t i)
{
    Token *t = &c->v[i];
    uint16_t next = kind_at(c, i + 1);
    switch (t->kind) {
    case TK_NOT:
        if (next == TK_IN || next == TK_LIKE || next == TK_BETWEEN || next == TK_SIMILAR || next == TK_ILIKE || next == TK_RLIKE || next == TK_MEMBER || next == TK_SUBMULTISET)
            t->kind = TK_NOT_OP;
        break;
    case TK_LBRACE:
        if (next == TK_SUB) t->kind = TK_LBRACE_SUB;
        break;
    case TK_INTERVAL:
        if (opens(next)) t->kind = TK_INTERVAL_LP;
        break;
    case TK_ON:
        if (next == TK_CONFLICT) t->kind = TK_ON_CONFLICT;
        break;
    case TK_NULL:
        if (next == TK_ON && (kind_at(c, i + 2) == TK_NULL || kind_at(c, i + 2) == TK_EMPTY || kind_at(c, i + 2) == TK_ERROR)) t->kind = TK_NULL_ON;
        break;
    case TK_TO:                                  /* FLOOR(t + INTERVAL '1' DAY TO MONTH): no interval goes from DAY to MONTH */
        if (is_any_unit(kind_at(c, i - 1)) && is_any_unit(next) && kind_at(c, i + 2) == TK_RP && !is_interval_range(kind_at(c, i - 1), next)) t->kind = TK_TO_UNIT;
        break;
    case TK_RP:                                  /* (a - b) DAY */
        if (is_any_unit(next) && t->match && c->v[t->match].kind == TK_LP && kind_at(c, t->match - 1) != TK_INTERVAL_LP && !calls(c, t->match - 1)) t->kind = TK_RP_UNIT;
        break;
    }
}

void lex_context(Arena *arena, TokenList *tokens)
{
    Context c = { tokens->v, tokens->n };
    match_parens(&c, arena);
    for (uint32_t i = c.n; i-- > 1;)
        if (c.v[i].kind == TK_LP && opens_query(&c, i)) c.v[i].kind = TK_LPQ;
    for (uint32_t i = 1; i < c.n; i++) {
        if (c.v[i].keyword >= 0 || c.v[i].kind == TK_ID) mark_word(&c, i);
        mark_operator(&c, i);
    }
}
