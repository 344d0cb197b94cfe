/* Every connector and format of weir, one row each: the only place (with tests) that names them. */
#include "connectors/format.h"

#define CONNECTORS(X) \
    X(connector_blackhole) \
    X(connector_datagen) \
    X(connector_filesystem) \
    X(connector_fixture) \
    X(connector_jdbc) \
    X(connector_kafka) \
    X(connector_print) \
    X(connector_upsert_kafka)

/* X(row, name): prefixes of the format's options come from the name. */
#define FORMATS(X) \
    X(format_csv, "csv") \
    X(format_json, "json") \
    X(format_raw, "raw")

#define X(def) extern const ConnectorDef def;
CONNECTORS(X)
#undef X
#define X(def, name_) extern const FormatDef def;
FORMATS(X)
#undef X

static const ConnectorDef *const connectors[] = {
#define X(def) &def,
    CONNECTORS(X)
#undef X
    NULL
};

typedef struct FormatRow { const FormatDef *def; const char *prefix, *key_prefix, *value_prefix; } FormatRow;
static const FormatRow format_rows[] = {
#define X(def, name_) { &def, name_ ".", "key." name_ ".", "value." name_ "." },
    FORMATS(X)
#undef X
    { NULL, NULL, NULL, NULL }
};
static const FormatDef *const formats[] = {
#define X(def, name_) &def,
    FORMATS(X)
#undef X
    NULL
};

enum { ADDED_MAX = 8 };
static const ConnectorDef *added[ADDED_MAX + 1];

void connector_add(const ConnectorDef *def)
{
    uint32_t n = 0;
    while (added[n] && added[n] != def) n++;
    if (n < ADDED_MAX) added[n] = def;
}

const ConnectorDef *connector_find(Str name)
{
    for (uint32_t i = 0; added[i]; i++)
        if (str_is(name, added[i]->name)) return added[i];
    for (uint32_t i = 0; connectors[i]; i++)
        if (str_is(name, connectors[i]->name)) return connectors[i];
    return NULL;
}

const ConnectorDef *const *connector_all(uint32_t *n)
{
    *n = sizeof connectors / sizeof *connectors - 1;
    return connectors;
}

const FormatDef *format_find(Str name)
{
    for (uint32_t i = 0; formats[i]; i++)
        if (str_is(name, formats[i]->name)) return formats[i];
    return NULL;
}

const FormatDef *const *format_all(uint32_t *n)
{
    *n = sizeof formats / sizeof *formats - 1;
    return formats;
}

static const FormatRow *format_row(const Options *options, const char *key)
{
    const Option *option = options_find(options, str_of(key));
    for (const FormatRow *row = format_rows; option && row->def; row++)
        if (str_is(option->value, row->def->name)) return row;
    return NULL;
}

static uint32_t add_table(OptionTable *out, uint32_t n, uint32_t max, const OptionDef *defs, const char *prefix)
{
    if (n < max && defs) out[n++] = (OptionTable){ defs, prefix };
    return n;
}

/* Options of every table, whatever its connector. */
static const OptionDef common_options[] = {
    { .name = "connector", .type = OPT_STRING, .flags = OPTF_REQUIRED, .doc = "Which external system the table stands for." },
    { .name = "property-version", .type = OPT_STRING, .flags = OPTF_IGNORED, .doc = "Version of these options." },
    { .name = "scan.watermark.emit.strategy", .type = OPT_ENUM, .dflt = "on-periodic", .values = "on-periodic|on-event", .doc = "Emit watermarks now and then, or after every row." },
    { .name = "scan.watermark.emit.on-event.gap", .type = OPT_INT, .dflt = "1", .flags = OPTF_IGNORED, .doc = "Rows between watermarks of the strategy on-event." },
    { .name = "scan.watermark.idle-timeout", .type = OPT_DURATION, .doc = "A split without rows for this long stops holding back the watermark." },
    { .name = "scan.watermark.alignment.group", .type = OPT_STRING, .flags = OPTF_IGNORED, .doc = "Sources that wait for each other." },
    { .name = "scan.watermark.alignment.max-drift", .type = OPT_DURATION, .flags = OPTF_IGNORED, .doc = "How far a source may run ahead of its group." },
    { .name = "scan.watermark.alignment.update-interval", .type = OPT_DURATION, .flags = OPTF_IGNORED, .doc = "How often alignment is checked." },
    { 0 },
};

uint32_t connector_option_tables(const ConnectorDef *def, const Options *options, OptionTable *out, uint32_t max)
{
    uint32_t n = add_table(out, 0, max, common_options, "");
    n = add_table(out, n, max, def->options, "");
    const FormatRow *row = def->formats ? format_row(options, "format") : NULL;
    if (row) {
        n = add_table(out, n, max, row->def->options, row->prefix);
        n = add_table(out, n, max, row->def->options, row->value_prefix);
    }
    row = def->formats ? format_row(options, "value.format") : NULL;
    if (row) n = add_table(out, n, max, row->def->options, row->value_prefix);
    row = def->key_format ? format_row(options, "key.format") : NULL;
    if (row) n = add_table(out, n, max, row->def->options, row->key_prefix);
    return n;
}
