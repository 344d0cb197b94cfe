/* Prints docs/functions.md from the function table: `make docs`. A test compares the two, so the page cannot fall behind. */
#include "engine/expr/agg.h"
#include "engine/expr/func.h"
#include "tests/docs/flink_functions.h"

#include <stdio.h>
#include <stdlib.h>

static int by_category(const void *a, const void *b)
{
    const FuncDef *x = *(const FuncDef *const *)a, *y = *(const FuncDef *const *)b;
    int c = strcmp(x->category ? x->category : "", y->category ? y->category : "");
    return c ? c : strcmp(x->name, y->name);
}

/* '|' and line breaks would end a cell. */
static void cell(const char *text)
{
    for (; text && *text; text++) {
        if (*text == '|') fputs("\\|", stdout);
        else putchar(*text == '\n' ? ' ' : *text);
    }
}

int main(void)
{
    uint32_t n, listed = 0;
    const FuncDef *const *all = func_all(&n);
    const FuncDef **rows = calloc(n, sizeof *rows);
    for (uint32_t i = 0; i < n; i++)
        if (!(all[i]->flags & (FN_INTERNAL | FN_OPERATOR)) && all[i]->doc) rows[listed++] = all[i];
    qsort(rows, listed, sizeof *rows, by_category);
    printf("# Functions\n\nMade from the function table by `make docs`; every example is run by the tests. Arguments are written as in the table: `str`, `int`,\n"
           "`?` optional, `*` any number, `|` between forms.\n");
    const char *category = NULL;
    for (uint32_t i = 0; i < listed; i++) {
        const FuncDef *f = rows[i];
        const char *own = f->category ? f->category : "other";
        if (!category || strcmp(category, own) != 0) {
            printf("\n## %s\n\n| function | arguments | what it does | example |\n|---|---|---|---|\n", own);
            category = own;
        }
        printf("| %s | ", f->name);
        cell(func_args(f));
        fputs(" | ", stdout);
        cell(f->doc);
        fputs(" | ", stdout);
        if (f->example) { putchar('`'); cell(f->example); fputs("` = ", stdout); cell(f->result); }
        puts(" |");
    }
    const AggDef *const *aggs = agg_all(&n);
    printf("\n## Aggregates\n\nEach takes DISTINCT and FILTER (WHERE ..), and takes back what a changelog deletes. Most stand with OVER too. The examples, and those of\n"
           "the window functions, are over `%s`.\n\n| function | arguments | what it does | example |\n|---|---|---|---|\n", AGG_EXAMPLE_ROWS);
    for (uint32_t i = 0; i < n; i++) {
        if (!agg_doc(aggs[i])) continue;
        printf("| %s | ", agg_name(aggs[i]));
        cell(agg_args(aggs[i]));
        fputs(" | ", stdout);
        cell(agg_doc(aggs[i]));
        printf(" | `");
        cell(agg_example(aggs[i]));
        printf("` = ");
        cell(agg_example_result(aggs[i]));
        puts(" |");
    }
    printf("\n## With a syntax of their own\n\nCAST, TRY_CAST, CASE, EXTRACT, `ARRAY[..]`, `MAP[..]`, `ROW(..)`, GROUPING, GROUPING_ID, GROUP_ID, and for windows TUMBLE, HOP, CUMULATE,\n"
           "SESSION with their _START, _END, _ROWTIME and _PROCTIME. CURRENT_DATABASE() is the session's.\n\n"
           "## Names of Flink that are not here\n\nAll other names that SHOW FUNCTIONS of Flink 2.3 lists are above.\n\n| Flink | weir |\n|---|---|\n");
    for (uint32_t i = 0; i < FLINK_FUNCTIONS; i++) {
        if (!flink_functions[i].why) continue;
        printf("| %s | ", flink_functions[i].name);
        cell(flink_functions[i].why);
        puts(" |");
    }
    free(rows);
    return 0;
}
