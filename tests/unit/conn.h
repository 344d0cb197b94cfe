/* Tables and schemas for tests that drive connectors and formats through their interfaces. */
#ifndef WEIR_TESTS_CONN_H
#define WEIR_TESTS_CONN_H
#include "tests/unit/unit.h"

#include "connectors/format.h"

typedef struct TestTable { Arena *arena; Options options; Column cols[16]; uint32_t npk, pk[8]; ConnTable table; } TestTable;

static inline void test_table_init(TestTable *t)
{
    memset(t, 0, sizeof *t);
    t->arena = arena_new();
    t->table.name = STR("t");
    t->table.identifier = STR("default_catalog.default_database.t");
    t->table.physical.cols = t->cols;
    t->table.options = &t->options;
    t->table.pk = t->pk;
    t->table.zone = zone_utc();
}
static inline void test_option(TestTable *t, const char *key, const char *value) { options_set(t->arena, &t->options, str_of(key), str_of(value)); }
static inline void test_column(TestTable *t, const char *name, const Type *type) { t->cols[t->table.physical.n++] = (Column){ str_of(name), type }; }
static inline void test_key(TestTable *t, uint32_t col) { t->pk[t->table.npk++] = col; }
static inline void test_table_free(TestTable *t) { arena_free(t->arena); }

/* Rows in batch text ("+I a | 1") as a batch of the schema; free the builder afterwards. */
static inline const Batch *test_batch(BatchBuilder *builder, const Schema *schema, const char *text)
{
    Err err = { 0 };
    builder_init(builder, schema, BATCH_ROWS);
    if (!batch_parse(str_of(text), builder, &err)) fail_msg("%s", err.message);
    return builder_batch(builder);
}
#endif
