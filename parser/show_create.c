/* The texts of SHOW CREATE TABLE / VIEW and the rows of DESCRIBE, letter by letter as Flink writes them; options sorted by key,
 * secrets masked. Pure functions over a TableDef. */
#include "parser/ddl.h"

#include <stdlib.h>

void quote_name(Str name, StrBuf *out)
{
    strbuf_addc(out, '`');
    for (uint32_t i = 0; i < name.len; i++) {
        strbuf_addc(out, name.ptr[i]);
        if (name.ptr[i] == '`') strbuf_addc(out, '`');
    }
    strbuf_addc(out, '`');
}

void quote_text(Str text, StrBuf *out)
{
    strbuf_addc(out, '\'');
    for (uint32_t i = 0; i < text.len; i++) {
        strbuf_addc(out, text.ptr[i]);
        if (text.ptr[i] == '\'') strbuf_addc(out, '\'');
    }
    strbuf_addc(out, '\'');
}

static void quote_path(ObjectPath path, StrBuf *out)
{
    quote_name(path.catalog, out);
    strbuf_addc(out, '.');
    quote_name(path.database, out);
    strbuf_addc(out, '.');
    quote_name(path.name, out);
}

static void quote_names(const Str *names, uint32_t n, StrBuf *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i) strbuf_addz(out, ", ");
        quote_name(names[i], out);
    }
}

static Str take(Arena *arena, StrBuf *buf)
{
    Str text = str_dup(arena, strbuf_str(buf));
    strbuf_free(buf);
    return text;
}

/* METADATA [FROM 'k'] [VIRTUAL] */
static void print_metadata(const TableColumn *col, StrBuf *out)
{
    strbuf_addz(out, "METADATA");
    if (col->metadata_key.len) {
        strbuf_addz(out, " FROM ");
        quote_text(col->metadata_key, out);
    }
    if (col->is_virtual) strbuf_addz(out, " VIRTUAL");
}

static void print_column(const TableColumn *col, StrBuf *out)
{
    quote_name(col->name, out);
    strbuf_addc(out, ' ');
    if (col->kind == TCOL_COMPUTED) {
        strbuf_addz(out, "AS ");
        strbuf_adds(out, col->expr_text);
    } else {
        type_print_ddl(col->type, out);
    }
    if (col->kind == TCOL_METADATA) {
        strbuf_addc(out, ' ');
        print_metadata(col, out);
    }
    if (!col->has_comment || !col->comment.len) return;
    strbuf_addz(out, " COMMENT ");
    quote_text(col->comment, out);
}

static void print_schema(const TableDef *def, StrBuf *out)
{
    const char *separator = "\n  ";
    for (uint32_t i = 0; i < def->ncols; i++, separator = ",\n  ") {
        strbuf_addz(out, separator);
        print_column(&def->cols[i], out);
    }
    if (def->watermark_text.len) {
        strbuf_addz(out, ",\n  WATERMARK FOR ");
        quote_name(def->watermark_column, out);
        strbuf_addz(out, " AS ");
        strbuf_adds(out, def->watermark_text);
    }
    if (def->npk) {
        strbuf_addz(out, ",\n  CONSTRAINT ");
        quote_name(def->pk_name, out);
        strbuf_addz(out, " PRIMARY KEY (");
        for (uint32_t i = 0; i < def->npk; i++) {
            if (i) strbuf_addz(out, ", ");
            quote_name(def->cols[def->pk[i]].name, out);
        }
        strbuf_addz(out, ") NOT ENFORCED");
    }
}

static void print_distribution(const TableDef *def, StrBuf *out)
{
    if (!def->distributed) return;
    strbuf_addz(out, "DISTRIBUTED");
    if (def->ndist_cols) {
        strbuf_addf(out, " BY %.*s(", STR_ARG(def->dist_kind));
        quote_names(def->dist_cols, def->ndist_cols, out);
        strbuf_addc(out, ')');
    }
    if (def->dist_buckets >= 0) strbuf_addf(out, " INTO %d BUCKETS", (int)def->dist_buckets);
    strbuf_addc(out, '\n');
}

static int compare_options(const void *a, const void *b)
{
    return str_cmp(((const Option *)a)->key, ((const Option *)b)->key);
}

void print_options(Arena *arena, const Options *options, StrBuf *out)
{
    if (!options->n) return;
    Option *sorted = arena_copy(arena, options->v, sizeof *sorted * options->n);
    qsort(sorted, options->n, sizeof *sorted, compare_options);
    strbuf_addz(out, "WITH (\n");
    for (uint32_t i = 0; i < options->n; i++) {
        strbuf_addz(out, "  ");
        quote_text(sorted[i].key, out);
        strbuf_addz(out, " = ");
        quote_text(secret_key(sorted[i].key) ? STR("******") : redact(arena, sorted[i].value), out);
        strbuf_addz(out, i + 1 < options->n ? ",\n" : "\n");
    }
    strbuf_addz(out, ")\n");
}

static void print_comment(const TableDef *def, StrBuf *out)
{
    if (!def->has_comment || !def->comment.len) return;
    strbuf_addz(out, "COMMENT ");
    quote_text(def->comment, out);
    strbuf_addc(out, '\n');
}

Str show_create_table(Arena *arena, const TableDef *def)
{
    StrBuf out = { 0 };
    strbuf_addf(&out, "CREATE %sTABLE ", def->temporary ? "TEMPORARY " : "");
    quote_path(def->path, &out);
    strbuf_addz(&out, " (");
    print_schema(def, &out);
    strbuf_addz(&out, def->ncols ? "\n)\n" : "\n\n)\n");
    print_comment(def, &out);
    print_distribution(def, &out);
    if (def->npartition) {
        strbuf_addz(&out, "PARTITIONED BY (");
        quote_names(def->partition, def->npartition, &out);
        strbuf_addz(&out, ")\n");
    }
    print_options(arena, &def->options, &out);
    return take(arena, &out);
}

Str show_create_view(Arena *arena, const TableDef *def)
{
    StrBuf out = { 0 };
    strbuf_addf(&out, "CREATE %sVIEW ", def->temporary ? "TEMPORARY " : "");
    quote_path(def->path, &out);
    strbuf_addz(&out, " (");
    for (uint32_t i = 0; i < def->ncols; i++) {
        strbuf_addz(&out, i ? ",\n  " : "\n  ");
        quote_name(def->cols[i].name, &out);
    }
    strbuf_addz(&out, "\n)\n");
    print_comment(def, &out);
    strbuf_addz(&out, "AS ");
    strbuf_adds(&out, def->view_text);
    strbuf_addc(&out, '\n');
    return take(arena, &out);
}

/* --- DESCRIBE --- */

static Str describe_type(Arena *arena, const TableDef *def, const TableColumn *col)
{
    const Type *type = type_with_null(arena, col->type, true);
    if (def->watermark_text.len && str_eq(col->name, def->watermark_column)) type = type_with_attr(arena, type, ATTR_ROWTIME);
    return type_text(arena, type);
}

static Str describe_key(Arena *arena, const TableDef *def, uint32_t column)
{
    bool member = false;
    for (uint32_t i = 0; i < def->npk; i++) member |= def->pk[i] == column;
    if (!member) return STR_NULL;
    StrBuf out = { 0 };
    strbuf_addz(&out, "PRI(");
    for (uint32_t i = 0; i < def->npk; i++) {
        if (i) strbuf_addz(&out, ", ");
        strbuf_adds(&out, def->cols[def->pk[i]].name);
    }
    strbuf_addc(&out, ')');
    return take(arena, &out);
}

static Str describe_extras(Arena *arena, const TableColumn *col)
{
    StrBuf out = { 0 };
    if (col->kind == TCOL_PHYSICAL) return STR_NULL;
    if (col->kind == TCOL_COMPUTED) strbuf_addf(&out, "AS %.*s", STR_ARG(col->expr_text));
    else print_metadata(col, &out);
    return take(arena, &out);
}

void describe_table(Arena *arena, const TableDef *def, TextTable *out)
{
    static const char *const headers[] = { "name", "type", "null", "key", "extras", "watermark", "comment" };
    bool comments = false;
    for (uint32_t i = 0; i < def->ncols; i++) comments |= def->cols[i].has_comment;
    *out = (TextTable){ .ncols = comments ? 7 : 6, .nrows = def->ncols };
    out->headers = ARENA_ARRAY(arena, Str, 7);
    for (uint32_t c = 0; c < out->ncols; c++) out->headers[c] = str_of(headers[c]);
    out->cells = ARENA_ARRAY(arena, Str, out->ncols * def->ncols + 1);
    for (uint32_t i = 0; i < def->ncols; i++) {
        const TableColumn *col = &def->cols[i];
        Str *row = out->cells + i * out->ncols;
        row[0] = col->name;
        row[1] = describe_type(arena, def, col);
        row[2] = col->type->nullable ? STR("TRUE") : STR("FALSE");
        row[3] = describe_key(arena, def, i);
        row[4] = describe_extras(arena, col);
        row[5] = str_eq(col->name, def->watermark_column) ? def->watermark_text : STR_NULL;
        if (comments) row[6] = col->has_comment ? col->comment : STR_NULL;
    }
}
