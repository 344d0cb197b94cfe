/* Types: Flink's texts for every shape seen in its schemas (read by a small reader here, printed back), equality, phys. */
#include "tests/unit/unit.h"

#include "engine/type/type.h"

/* One of each distinct shape a real Flink printed, lengths and precisions as they came. */
static const char *const shapes[] = {
    "ARRAY<ARRAY<INT NOT NULL> NOT NULL> NOT NULL",
    "ARRAY<ARRAY<INT> NOT NULL> NOT NULL",
    "ARRAY<ARRAY<INT>> NOT NULL",
    "ARRAY<ARRAY<STRING>> NOT NULL",
    "ARRAY<BIGINT NOT NULL> NOT NULL",
    "ARRAY<BIGINT> NOT NULL",
    "ARRAY<BINARY(1) NOT NULL> NOT NULL",
    "ARRAY<CHAR(1) NOT NULL> NOT NULL",
    "ARRAY<CHAR(1)> NOT NULL",
    "ARRAY<DATE NOT NULL> NOT NULL",
    "ARRAY<DATE> NOT NULL",
    "ARRAY<DECIMAL(11, 1) NOT NULL> NOT NULL",
    "ARRAY<DOUBLE NOT NULL> NOT NULL",
    "ARRAY<DOUBLE>",
    "ARRAY<INT NOT NULL>",
    "ARRAY<INT NOT NULL> NOT NULL",
    "ARRAY<INT>",
    "ARRAY<INT> NOT NULL",
    "ARRAY<MAP<CHAR(1) NOT NULL, INT NOT NULL> NOT NULL> NOT NULL",
    "ARRAY<MAP<INT NOT NULL, INT NOT NULL> NOT NULL> NOT NULL",
    "ARRAY<ROW<`EXPR$0` CHAR(1) NOT NULL, `EXPR$1` INT NOT NULL> NOT NULL> NOT NULL",
    "ARRAY<ROW<`EXPR$0` INT NOT NULL, `EXPR$1` INT NOT NULL> NOT NULL> NOT NULL",
    "ARRAY<ROW<`EXPR$0` INT NOT NULL, `EXPR$1` VARCHAR(2) NOT NULL> NOT NULL> NOT NULL",
    "ARRAY<ROW<`key` CHAR(1) NOT NULL, `value` INT NOT NULL>> NOT NULL",
    "ARRAY<SMALLINT NOT NULL> NOT NULL",
    "ARRAY<STRING NOT NULL> NOT NULL",
    "ARRAY<STRING>",
    "ARRAY<STRING> NOT NULL",
    "ARRAY<TIME(0) NOT NULL> NOT NULL",
    "ARRAY<TIMESTAMP(3) NOT NULL> NOT NULL",
    "ARRAY<TINYINT> NOT NULL",
    "ARRAY<VARCHAR(3) NOT NULL> NOT NULL",
    "ARRAY<VARIANT NOT NULL> NOT NULL",
    "BIGINT",
    "BIGINT NOT NULL",
    "BINARY(1) NOT NULL",
    "BINARY(4)",
    "BITMAP",
    "BITMAP NOT NULL",
    "BOOLEAN",
    "BOOLEAN NOT NULL",
    "BYTES",
    "BYTES NOT NULL",
    "CHAR(0) NOT NULL",
    "CHAR(1)",
    "DATE",
    "DATE NOT NULL",
    "DECIMAL(1, 1) NOT NULL",
    "DECIMAL(10, 0)",
    "DOUBLE",
    "DOUBLE NOT NULL",
    "FLOAT",
    "FLOAT NOT NULL",
    "INT",
    "INT NOT NULL",
    "INTERVAL MONTH",
    "INTERVAL MONTH NOT NULL",
    "INTERVAL SECOND(3)",
    "INTERVAL SECOND(3) NOT NULL",
    "MAP<ARRAY<INT NOT NULL> NOT NULL, CHAR(1) NOT NULL> NOT NULL",
    "MAP<CHAR(1) NOT NULL, ARRAY<INT NOT NULL> NOT NULL> NOT NULL",
    "MAP<CHAR(1) NOT NULL, DECIMAL(11, 1) NOT NULL> NOT NULL",
    "MAP<CHAR(1) NOT NULL, INT NOT NULL>",
    "MAP<CHAR(1) NOT NULL, INT NOT NULL> NOT NULL",
    "MAP<CHAR(1) NOT NULL, INT> NOT NULL",
    "MAP<CHAR(1) NOT NULL, MAP<CHAR(1) NOT NULL, INT NOT NULL> NOT NULL> NOT NULL",
    "MAP<CHAR(1), INT> NOT NULL",
    "MAP<DATE NOT NULL, TIME(0) NOT NULL> NOT NULL",
    "MAP<DECIMAL(11, 1) NOT NULL, CHAR(1) NOT NULL> NOT NULL",
    "MAP<INT NOT NULL, STRING> NOT NULL",
    "MAP<INT, BIGINT> NOT NULL",
    "MAP<INT, STRING>",
    "MAP<INT, STRING> NOT NULL",
    "MAP<ROW<`EXPR$0` INT NOT NULL, `EXPR$1` INT NOT NULL> NOT NULL, CHAR(1) NOT NULL> NOT NULL",
    "MAP<STRING NOT NULL, INT> NOT NULL",
    "MAP<STRING, BIGINT> NOT NULL",
    "MAP<STRING, INT NOT NULL> NOT NULL",
    "MAP<STRING, INT>",
    "MAP<STRING, INT> NOT NULL",
    "MAP<STRING, STRING>",
    "MAP<STRING, STRING> NOT NULL",
    "MAP<VARCHAR(2) NOT NULL, BIGINT> NOT NULL",
    "MAP<VARCHAR(2) NOT NULL, INT NOT NULL> NOT NULL",
    "MULTISET<CHAR(1) NOT NULL> NOT NULL",
    "MULTISET<CHAR(1)> NOT NULL",
    "MULTISET<INT NOT NULL> NOT NULL",
    "MULTISET<STRING> NOT NULL",
    "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` ARRAY<INT>, `EXPR$2` MAP<STRING, INT>> NOT NULL",
    "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` CHAR(1) NOT NULL, `EXPR$2` BOOLEAN NOT NULL> NOT NULL",
    "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` CHAR(1) NOT NULL, `EXPR$2` INT> NOT NULL",
    "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` CHAR(1) NOT NULL> NOT NULL",
    "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` INT NOT NULL> NOT NULL",
    "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` ROW<`EXPR$0` INT NOT NULL, `EXPR$1` STRING> NOT NULL> NOT NULL",
    "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` VARCHAR(2) NOT NULL> NOT NULL",
    "ROW<`EXPR$0` INT, `EXPR$1` CHAR(1)> NOT NULL",
    "ROW<`EXPR$0` INT, `EXPR$1` CHAR(3) NOT NULL> NOT NULL",
    "ROW<`EXPR$0` INT, `EXPR$1` STRING NOT NULL> NOT NULL",
    "ROW<`a` INT, `b` INT>",
    "ROW<`a` INT, `b` STRING>",
    "ROW<`c` STRING, `d` INT>",
    "ROW<`x` INT NOT NULL, `y` INT> NOT NULL",
    "ROW<`x` INT, `y` STRING> NOT NULL",
    "ROW<`x` INT>",
    "ROW<`x` INT> NOT NULL",
    "ROW<`x` STRING, `y` STRING> NOT NULL",
    "SMALLINT",
    "SMALLINT NOT NULL",
    "STRING",
    "STRING NOT NULL",
    "TIME(0)",
    "TIME(0) NOT NULL",
    "TIMESTAMP(0)",
    "TIMESTAMP(0) NOT NULL",
    "TIMESTAMP(3) *ROWTIME*",
    "TIMESTAMP(3) NOT NULL *ROWTIME*",
    "TIMESTAMP_LTZ(0)",
    "TIMESTAMP_LTZ(0) NOT NULL",
    "TIMESTAMP_LTZ(3) *ROWTIME*",
    "TIMESTAMP_LTZ(3) NOT NULL *ROWTIME*",
    "TINYINT",
    "TINYINT NOT NULL",
    "VARBINARY(2) NOT NULL",
    "VARCHAR(0)",
    "VARCHAR(1) NOT NULL",
    "VARIANT",
    "VARIANT NOT NULL",
    "STRUCTURED<'com.example.User', >", "STRUCTURED<'com.example.User', `name` CHAR(1) NOT NULL, `age` INT NOT NULL>",
    "TIMESTAMP_LTZ(3) NOT NULL *PROCTIME*", "ROW<`a``b` INT>", "TIME(3)", "BINARY(1)", "VARBINARY(10)", "INTERVAL MONTH NOT NULL",
};

static Arena *arena;
static const char *at;

static bool eat(const char *word)
{
    size_t n = strlen(word);
    if (strncmp(at, word, n) != 0) return false;
    at += n;
    return true;
}

static uint32_t read_number(void)
{
    uint32_t n = 0;
    while (*at >= '0' && *at <= '9') n = n * 10 + (uint32_t)(*at++ - '0');
    return n;
}

static const Type *read_type(void);

static const Type *read_row(void)
{
    Field fields[8];
    uint32_t n = 0;
    while (!eat(">")) {
        if (n) assert_true(eat(", "));
        assert_true(eat("`"));
        StrBuf name = { 0 };
        while (*at && (*at != '`' || at[1] == '`')) {
            at += *at == '`';
            strbuf_addc(&name, *at++);
        }
        assert_true(eat("`"));
        assert_true(eat(" "));
        fields[n].name = str_dup(arena, strbuf_str(&name));
        fields[n].comment = STR_NULL;
        fields[n++].type = read_type();
        strbuf_free(&name);
    }
    return type_row(arena, fields, n, true);
}

static const Type *read_sized(TypeKind kind)
{
    uint32_t n = read_number();
    assert_true(eat(")"));
    return kind == TYPE_TIME || kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ ? type_time(arena, kind, n, true) : type_sized(arena, kind, n, true);
}

static const Type *read_core(void)
{
    static const struct { const char *word; TypeKind kind; bool sized; } words[] = {
        { "BOOLEAN", TYPE_BOOLEAN, false }, { "TINYINT", TYPE_TINYINT, false }, { "SMALLINT", TYPE_SMALLINT, false }, { "BIGINT", TYPE_BIGINT, false },
        { "INTERVAL MONTH", TYPE_INTERVAL_MONTH, false }, { "INTERVAL SECOND(3)", TYPE_INTERVAL_SECOND, false }, { "INT", TYPE_INT, false },
        { "FLOAT", TYPE_FLOAT, false }, { "DOUBLE", TYPE_DOUBLE, false }, { "DATE", TYPE_DATE, false }, { "VARIANT", TYPE_VARIANT, false },
        { "BITMAP", TYPE_BITMAP, false }, { "STRING", TYPE_VARCHAR, false }, { "BYTES", TYPE_VARBINARY, false }, { "CHAR(", TYPE_CHAR, true },
        { "VARCHAR(", TYPE_VARCHAR, true }, { "BINARY(", TYPE_BINARY, true }, { "VARBINARY(", TYPE_VARBINARY, true }, { "TIMESTAMP_LTZ(", TYPE_TIMESTAMP_LTZ, true },
        { "TIMESTAMP(", TYPE_TIMESTAMP, true }, { "TIME(", TYPE_TIME, true },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (eat(words[i].word)) return words[i].sized ? read_sized(words[i].kind) : type_simple(words[i].kind, true);
    if (eat("DECIMAL(")) {
        uint32_t precision = read_number();
        assert_true(eat(", "));
        uint32_t scale = read_number();
        assert_true(eat(")"));
        return type_decimal(arena, precision, scale, true);
    }
    const Type *type = NULL;
    if (eat("ROW<")) return read_row();
    if (eat("STRUCTURED<'")) {
        const char *name = at;
        at = strchr(at, '\'');
        Str class_name = { name, (uint32_t)(at - name) };
        assert_true(eat("', "));
        Type row = *read_row();
        row.class_name = class_name;
        return arena_copy(arena, &row, sizeof row);
    }
    if (eat("ARRAY<")) type = type_array(arena, read_type(), true);
    else if (eat("MULTISET<")) type = type_multiset(arena, read_type(), true);
    else if (eat("MAP<")) {
        const Type *key = read_type();
        assert_true(eat(", "));
        type = type_map(arena, key, read_type(), true);
    }
    assert_non_null(type);
    assert_true(eat(">"));
    return type;
}

static const Type *read_type(void)
{
    const Type *type = read_core();
    if (eat(" NOT NULL")) type = type_with_null(arena, type, false);
    if (eat(" *ROWTIME*")) type = type_with_attr(arena, type, ATTR_ROWTIME);
    if (eat(" *PROCTIME*")) type = type_with_attr(arena, type, ATTR_PROCTIME);
    return type;
}

static const Type *type_of(const char *text)
{
    at = text;
    const Type *type = read_type();
    assert_int_equal(*at, 0);
    return type;
}

static void prints_every_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const Type *type = type_of(shapes[i]);
        assert_text(type_text(arena, type), shapes[i]);
        assert_true(type_eq(type, type_of(shapes[i]), false));
        for (size_t j = 0; j < i; j++)
            if (strcmp(shapes[i], shapes[j]) != 0 && type_eq(type, type_of(shapes[j]), false)) fail_msg("%s = %s", shapes[i], shapes[j]);
    }
}

static void prints_other_forms(void **state)
{
    (void)state;
    StrBuf out = { 0 };
    type_print(type_of("TIMESTAMP(3) *ROWTIME*"), false, &out);
    assert_string_equal(strbuf_cstr(&out), "TIMESTAMP(3)");
    strbuf_clear(&out);
    type_print_ddl(type_of("ROW<`x` STRING NOT NULL, `t` TIMESTAMP_LTZ(6), `b` BYTES> NOT NULL"), &out);
    assert_string_equal(strbuf_cstr(&out), "ROW<`x` VARCHAR(2147483647) NOT NULL, `t` TIMESTAMP(6) WITH LOCAL TIME ZONE, `b` VARBINARY(2147483647)> NOT NULL");
    strbuf_clear(&out);
    type_print(type_simple(TYPE_NULL, true), true, &out);
    assert_string_equal(strbuf_cstr(&out), "NULL");
    strbuf_free(&out);
}

static void equality_and_nullability(void **state)
{
    (void)state;
    assert_false(type_eq(type_of("INT"), type_of("INT NOT NULL"), false));
    assert_true(type_eq(type_of("INT"), type_of("INT NOT NULL"), true));
    assert_true(type_eq(type_of("TIMESTAMP(3) *ROWTIME*"), type_of("TIMESTAMP(3) NOT NULL"), true));
    assert_false(type_eq(type_of("ARRAY<INT>"), type_of("ARRAY<INT NOT NULL>"), true));
    assert_false(type_eq(type_of("ROW<`a` INT>"), type_of("ROW<`b` INT>"), true));
    assert_false(type_eq(type_of("DECIMAL(10, 2)"), type_of("DECIMAL(10, 3)"), true));
    assert_ptr_equal(type_with_null(arena, type_string(true), true), type_string(true));
    assert_true(type_eq(type_of("STRING"), type_of("VARCHAR(2147483647)"), false));
}

static void physical_cells(void **state)
{
    (void)state;
    static const struct { const char *text; Phys phys; uint32_t size; } rows[] = {
        { "BOOLEAN", PHYS_BOOL, 1 }, { "TINYINT", PHYS_I8, 1 }, { "SMALLINT", PHYS_I16, 2 }, { "INT", PHYS_I32, 4 }, { "BIGINT", PHYS_I64, 8 },
        { "FLOAT", PHYS_F32, 4 }, { "DOUBLE", PHYS_F64, 8 }, { "DECIMAL(5, 2)", PHYS_I128, 16 }, { "CHAR(3)", PHYS_STR, 16 }, { "BYTES", PHYS_STR, 16 },
        { "DATE", PHYS_I32, 4 }, { "TIME(3)", PHYS_I32, 4 }, { "TIMESTAMP(6)", PHYS_I64, 8 }, { "TIMESTAMP(7)", PHYS_I128, 16 },
        { "TIMESTAMP_LTZ(3)", PHYS_I64, 8 }, { "TIMESTAMP_LTZ(9)", PHYS_I128, 16 }, { "INTERVAL MONTH", PHYS_I64, 8 }, { "INTERVAL SECOND(3)", PHYS_I64, 8 },
        { "ARRAY<INT>", PHYS_NESTED, 8 }, { "MAP<INT, INT>", PHYS_NESTED, 8 }, { "ROW<`a` INT>", PHYS_NESTED, 8 }, { "MULTISET<INT>", PHYS_NESTED, 8 },
        { "VARIANT", PHYS_STR, 16 }, { "BITMAP", PHYS_STR, 16 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(type_phys(type_of(rows[i].text)), rows[i].phys);
        assert_int_equal(phys_size(rows[i].phys), rows[i].size);
    }
}

static void kinds(void **state)
{
    (void)state;
    assert_true(type_is_numeric(type_of("DECIMAL(3, 1)")) && type_is_numeric(type_of("TINYINT")) && !type_is_numeric(type_of("BOOLEAN")) && !type_is_numeric(type_of("CHAR(1)")));
    assert_true(type_is_integer(type_of("BIGINT")) && !type_is_integer(type_of("FLOAT")));
    assert_true(type_is_string(type_of("CHAR(1)")) && !type_is_string(type_of("BYTES")) && type_is_binary(type_of("BYTES")));
    assert_true(type_is_datetime(type_of("DATE")) && type_is_datetime(type_of("TIMESTAMP_LTZ(3)")) && !type_is_datetime(type_of("INTERVAL MONTH")));
    assert_true(type_is_nested(type_of("ROW<`a` INT>")) && !type_is_nested(type_of("VARIANT")));
    const Column cols[] = { { STR("a"), type_of("INT") }, { STR("B"), type_of("INT") } };
    const Schema schema = { cols, 2 };
    assert_int_equal(schema_find(&schema, STR("B")), 1);
    assert_int_equal(schema_find(&schema, STR("b")), -1);
}

static int setup(void **state) { (void)state; arena = arena_new(); return 0; }
static int teardown(void **state) { (void)state; arena_free(arena); return 0; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_every_shape), cmocka_unit_test(prints_other_forms), cmocka_unit_test(equality_and_nullability),
        cmocka_unit_test(physical_cells), cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests_name("type", tests, setup, teardown);
}
