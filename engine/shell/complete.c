/* Completion; see complete.h. What is offered depends on the text before the cursor only: inside a string of a WITH clause option keys and connector
 * names, after SET ' the settings, after \i a path, else keywords, names and functions. */
#include "engine/shell/complete.h"
#include "engine/expr/agg.h"
#include "engine/expr/func.h"
#include "engine/plan/config.h"
#include "connectors/format.h"

#include <glob.h>
#include <stdlib.h>

typedef struct Words { Str *v; uint32_t n, cap; } Words;
typedef struct Finder { Arena *arena; Str prefix; bool fold; Words words; } Finder;

static void offer(Finder *f, Str word)
{
    Str head = str_sub(word, 0, f->prefix.len);
    if (word.len < f->prefix.len || !(f->fold ? str_ieq(head, f->prefix) : str_eq(head, f->prefix))) return;
    for (uint32_t i = 0; i < f->words.n; i++)
        if (str_eq(f->words.v[i], word)) return;
    ARENA_PUSH(f->arena, f->words, word);
}

/* Keywords follow the case of what was typed. */
static void offer_keyword(Finder *f, const char *word)
{
    bool lower = f->prefix.len && f->prefix.ptr[0] >= 'a' && f->prefix.ptr[0] <= 'z';
    offer(f, lower ? str_lower(f->arena, str_of(word)) : str_of(word));
}

static void offer_defs(Finder *f, const OptionDef *defs, Str prefix)
{
    for (; defs && defs->name; defs++) offer(f, str_printf(f->arena, STR_FMT "%s", STR_ARG(prefix), defs->name));
}

/* Keys and values inside WITH ( .. ): the connector named before the cursor decides. */
static void offer_options(Finder *f, Str before, bool value)
{
    uint32_t n;
    if (value) {
        const ConnectorDef *const *connectors = connector_all(&n);
        for (uint32_t i = 0; i < n; i++) offer(f, str_of(connectors[i]->name));
        const FormatDef *const *formats = format_all(&n);
        for (uint32_t i = 0; i < n; i++) offer(f, str_of(formats[i]->name));
        return;
    }
    offer(f, STR("connector"));
    const ConnectorDef *const *connectors = connector_all(&n);
    for (uint32_t i = 0; i < n; i++) {
        Str quoted = str_printf(f->arena, "'%s'", connectors[i]->name);
        if (str_find(before, quoted, 0) < 0) continue;
        offer_defs(f, connectors[i]->options, STR_NULL);
        uint32_t nformats;
        const FormatDef *const *formats = format_all(&nformats);
        for (uint32_t k = 0; connectors[i]->formats && k < nformats; k++) offer_defs(f, formats[k]->options, str_printf(f->arena, "%s.", formats[k]->name));
    }
}

static void offer_names(Finder *f, Session *session)
{
    AnalyzeEnv *env = session_env(session);
    uint32_t n;
    Str catalog = catalog_current(env->catalog), database = catalog_current_database(env->catalog);
    Str *tables = catalog_list_tables(env->catalog, catalog, database, false, f->arena, &n);
    for (uint32_t i = 0; i < n; i++) {
        offer(f, tables[i]);
        const TableDef *def = catalog_find(env->catalog, (ObjectPath){ catalog, database, tables[i] });
        for (uint32_t c = 0; def && c < def->ncols; c++) offer(f, def->cols[c].name);
    }
}

static void offer_words(Finder *f, Session *session)
{
    uint32_t n;
    offer_names(f, session);
    f->fold = true;
    const char *const *keywords = keywords_all(&n);
    for (uint32_t i = 0; f->prefix.len && i < n; i++) offer_keyword(f, keywords[i]);
    const FuncDef *const *functions = func_all(&n);
    for (uint32_t i = 0; f->prefix.len && i < n; i++)
        if (!(functions[i]->flags & (FN_INTERNAL | FN_OPERATOR))) offer_keyword(f, functions[i]->name);
    const AggDef *const *aggregates = agg_all(&n);
    for (uint32_t i = 0; f->prefix.len && i < n; i++) offer_keyword(f, agg_name(aggregates[i]));
}

static void offer_paths(Finder *f)
{
    glob_t found;
    char *pattern = str_cstr(f->arena, str_printf(f->arena, STR_FMT "*", STR_ARG(f->prefix)));
    if (glob(pattern, GLOB_MARK | GLOB_TILDE, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++) offer(f, str_dup(f->arena, str_of(found.gl_pathv[i])));
    globfree(&found);
}

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Position of the quote that opens the string the cursor stands in; -1 outside strings. */
static int64_t open_quote(Str text)
{
    int64_t at = -1;
    for (uint32_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\'') at = at < 0 ? (int64_t)i : -1;
    return at;
}

static int by_name(const void *a, const void *b) { return str_cmp(*(const Str *)a, *(const Str *)b); }

static Completion finish(Finder *f)
{
    Completion out = { .words = f->words.v, .n = f->words.n };
    if (out.n == 0) return out;
    qsort(out.words, out.n, sizeof *out.words, by_name);
    uint32_t common = out.words[0].len;
    for (uint32_t i = 1; i < out.n; i++) {
        uint32_t k = 0;
        while (k < common && k < out.words[i].len && out.words[i].ptr[k] == out.words[0].ptr[k]) k++;
        common = k;
    }
    if (common > f->prefix.len) out.insert = str_sub(out.words[0], f->prefix.len, common - f->prefix.len);
    else if (out.n == 1) out.insert = STR(" ");
    return out;
}

Completion complete_at(Arena *arena, Session *session, Str before)
{
    Finder f = { .arena = arena };
    int64_t quote = open_quote(before);
    if (before.len > 2 && before.ptr[0] == '\\' && (before.ptr[1] == 'i' || before.ptr[1] == 'o') && before.ptr[2] == ' ') {
        f.prefix = str_trim(str_sub(before, 3, before.len));
        offer_paths(&f);
    } else if (quote >= 0) {
        Str head = str_trim(str_sub(before, 0, (uint32_t)quote));
        f.prefix = str_sub(before, (uint32_t)quote + 1, before.len);
        bool value = head.len && head.ptr[head.len - 1] == '=';
        if (str_iis(str_sub(head, 0, 3), "SET") || str_iis(str_sub(head, 0, 5), "RESET")) offer_defs(&f, config_defs, STR_NULL);
        else offer_options(&f, before, value);
    } else {
        uint32_t from = before.len;
        while (from > 0 && word_char(before.ptr[from - 1])) from--;
        f.prefix = str_sub(before, from, before.len);
        offer_words(&f, session);
    }
    return finish(&f);
}
