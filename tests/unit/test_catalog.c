/* Catalog: paths, shadowing by temporary objects, renames, drops, listings; SET keys: types, warnings. */
#include "engine/plan/catalog.h"
#include "engine/plan/config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static ObjectPath path_of(const char *name)
{
    return (ObjectPath){ STR("default_catalog"), STR("default_database"), str_of(name) };
}

static TableDef table_of(const char *name, TableKind kind, bool temporary)
{
    static TableColumn col;
    col = (TableColumn){ .name = STR("a"), .type = type_simple(TYPE_INT, true) };
    return (TableDef){ .path = path_of(name), .kind = kind, .temporary = temporary, .cols = &col, .ncols = 1 };
}

static void test_temporary_shadows(void **state)
{
    (void)state;
    Catalog *catalog = catalog_new();
    Err err = { 0 };
    TableDef permanent = table_of("t", TABLE_TABLE, false), temporary = table_of("t", TABLE_TABLE, true);
    assert_true(catalog_add_table(catalog, &permanent, false, &err));
    assert_false(catalog_add_table(catalog, &permanent, false, &err));
    assert_int_equal(err.code, E_DUP_TABLE);
    assert_true(catalog_add_table(catalog, &permanent, true, &err));
    assert_true(catalog_add_table(catalog, &temporary, false, &err));
    assert_true(catalog_find(catalog, path_of("t"))->temporary);
    err = (Err){ 0 };
    assert_false(catalog_drop_table(catalog, path_of("t"), TABLE_TABLE, false, false, &err));
    assert_true(catalog_drop_table(catalog, path_of("t"), TABLE_TABLE, true, false, &err));
    assert_false(catalog_find(catalog, path_of("t"))->temporary);
    assert_true(catalog_drop_table(catalog, path_of("t"), TABLE_TABLE, false, false, &err));
    assert_null(catalog_find(catalog, path_of("t")));
    catalog_free(catalog);
}

static void test_rename_keeps_old_pointer(void **state)
{
    (void)state;
    Catalog *catalog = catalog_new();
    Err err = { 0 };
    TableDef def = table_of("t", TABLE_TABLE, false), other = table_of("other", TABLE_VIEW, false);
    assert_true(catalog_add_table(catalog, &def, false, &err));
    assert_true(catalog_add_table(catalog, &other, false, &err));
    const TableDef *old = catalog_find(catalog, path_of("t"));
    assert_false(catalog_rename_table(catalog, path_of("t"), STR("other"), &err));
    assert_int_equal(err.code, E_DUP_TABLE);
    assert_true(catalog_rename_table(catalog, path_of("t"), STR("u"), &err));
    assert_null(catalog_find(catalog, path_of("t")));
    assert_non_null(catalog_find(catalog, path_of("u")));
    assert_true(str_is(old->path.name, "t"));
    assert_true(str_is(catalog_nearest_table(catalog, STR("othr")), "other"));
    Arena *arena = arena_new();
    uint32_t n;
    Str *names = catalog_list_tables(catalog, STR("default_catalog"), STR("default_database"), false, arena, &n);
    assert_int_equal(n, 2);
    assert_true(str_is(names[0], "other") && str_is(names[1], "u"));
    (void)catalog_list_tables(catalog, STR("default_catalog"), STR("default_database"), true, arena, &n);
    assert_int_equal(n, 1);
    arena_free(arena);
    catalog_free(catalog);
}

static void test_databases_and_catalogs(void **state)
{
    (void)state;
    Catalog *catalog = catalog_new();
    Err err = { 0 };
    assert_true(catalog_create(catalog, STR("c1"), NULL, STR(""), false, &err));
    assert_true(catalog_use(catalog, STR("c1"), &err));
    assert_true(str_is(catalog_current_database(catalog), "default"));
    assert_false(catalog_drop(catalog, STR("c1"), false, &err));
    assert_true(catalog_use_database(catalog, STR("default_catalog"), STR("default_database"), &err));
    assert_true(catalog_create_database(catalog, STR(""), STR("d"), NULL, STR(""), false, &err));
    TableDef def = table_of("t", TABLE_TABLE, false);
    def.path.database = STR("d");
    assert_true(catalog_add_table(catalog, &def, false, &err));
    err = (Err){ 0 };
    assert_false(catalog_drop_database(catalog, STR(""), STR("d"), false, false, &err));
    assert_true(catalog_drop_database(catalog, STR(""), STR("d"), false, true, &err));
    assert_false(catalog_has_database(catalog, STR(""), STR("d")));
    assert_false(catalog_drop_database(catalog, STR("nope"), STR("x"), true, false, &err));
    assert_true(catalog_drop(catalog, STR("c1"), false, &err));
    def.path.database = STR("nodb");
    err = (Err){ 0 };
    assert_false(catalog_add_table(catalog, &def, false, &err));
    assert_int_equal(err.code, E_NO_OBJECT);
    catalog_free(catalog);
}

static void test_functions_ignore_case(void **state)
{
    (void)state;
    Catalog *catalog = catalog_new();
    Err err = { 0 };
    FunctionDef def = { .class_name = STR("no.such.Class") };
    assert_true(catalog_add_function(catalog, path_of("F3"), &def, false, &err));
    assert_non_null(catalog_find_function(catalog, path_of("f3")));
    assert_false(catalog_add_function(catalog, path_of("f3"), &def, false, &err));
    assert_true(catalog_drop_function(catalog, path_of("F3"), false, false, false, &err));
    assert_false(catalog_drop_function(catalog, path_of("f3"), false, false, false, &err));
    assert_true(catalog_drop_function(catalog, path_of("f3"), true, false, true, &err));
    catalog_free(catalog);
}

static void test_config_rows(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    Err err = { 0 };
    Str warning;
    assert_true(config_check(arena, STR("execution.checkpointing.interval"), STR("10s"), &warning, &err));
    assert_null(warning.ptr);
    assert_true(config_check(arena, STR("execution.checkpointing.intervall"), STR("10s"), &warning, &err));
    assert_true(str_find(warning, STR("did you mean 'execution.checkpointing.interval'"), 0) > 0);
    assert_true(config_check(arena, STR("taskmanager.memory.process.size"), STR("4g"), &warning, &err));
    assert_true(warning.len > 0);
    assert_false(config_check(arena, STR("table.exec.state.ttl"), STR("soon"), &warning, &err));
    assert_int_equal(err.code, E_OPTION);
    err_clear(&err);
    assert_false(config_check(arena, STR("table.exec.sink.type-length-enforcer"), STR("TRIM_PAD"), &warning, &err));
    assert_int_equal(err.code, E_UNSUPPORTED);
    Options config = { 0 };
    assert_int_equal(config_i64(&config, "table.exec.state.ttl"), 0);
    assert_int_equal(config_i64(&config, "pipeline.auto-watermark-interval"), 200000);
    options_set(arena, &config, STR("table.exec.state.ttl"), STR("1 h"));
    assert_int_equal(config_i64(&config, "table.exec.state.ttl"), 3600000000);
    assert_false(config_bool(&config, "table.exec.sink.require-on-conflict"));
    assert_true(str_is(config_text(&config, "execution.runtime-mode"), "streaming"));
    for (const OptionDef *def = config_defs; def->name; def++)
        if (def->dflt) assert_true(config_check(arena, str_of(def->name), str_of(def->dflt), &warning, &err));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_temporary_shadows), cmocka_unit_test(test_rename_keeps_old_pointer), cmocka_unit_test(test_databases_and_catalogs),
        cmocka_unit_test(test_functions_ignore_case), cmocka_unit_test(test_config_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
