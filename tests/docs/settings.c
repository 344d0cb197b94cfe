/* Prints docs/settings.md from the rows of SET keys: `make docs`. A test compares the two, so the page cannot fall behind. */
#include "engine/plan/config.h"

#include <stdio.h>

static const char *const type_names[] = {
    [OPT_STRING] = "text", [OPT_BOOL] = "true, false", [OPT_INT] = "number", [OPT_LONG] = "number", [OPT_DOUBLE] = "number", [OPT_DURATION] = "duration",
    [OPT_MEMORY] = "size", [OPT_ENUM] = "word", [OPT_LIST] = "list", [OPT_MAP] = "map",
};

static void print_rows(bool ignored)
{
    printf("| key | value | default | |\n|---|---|---|---|\n");
    for (const OptionDef *def = config_defs; def->name; def++) {
        if (((def->flags & OPTF_IGNORED) != 0) != ignored) continue;
        printf("| `%s%s` | ", def->name, def->flags & OPTF_PREFIX ? "*" : "");
        const char *values = def->values ? def->values : type_names[def->type];
        for (; *values; values++) {
            if (*values == '|') fputs(", ", stdout);
            else putchar(*values);
        }
        printf(" | %s | %s |\n", def->dflt ? def->dflt : "", def->doc);
    }
}

int main(void)
{
    printf("# Settings\n\nMade from the table of SET keys by `make docs`. `SET 'key' = 'value';` (or `SET key = value;`, or `-D key=value` on the command line) holds for\n"
           "the statements behind it; `RESET 'key';` takes it back, `SET;` lists what is set. Known keys are checked at once. Unknown ones are kept, without\n"
           "effect, and a notice names the nearest known key. Durations: `500ms`, `10 s`, `1 min`; a bare number is milliseconds.\n\n");
    print_rows(false);
    printf("\n## Accepted without effect\n\nJob files carry them; weir says so once for each SET.\n\n");
    print_rows(true);
    return 0;
}
