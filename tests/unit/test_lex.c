/* Tokens: values of literals, names, comments, and the kinds that hang on neighbours. The keyword table against its own claims. */
#include "tests/unit/unit.h"

#include "grammar.h"
#include "parser/lex.h"

static Arena *arena;
static int setup(void **state) { (void)state; arena = arena_new(); return 0; }
static int teardown(void **state) { (void)state; arena_free(arena); return 0; }

/* Tokens of `text` from the first (index 0) on; kind 0 ends them. */
static const Token *tokens_of(const char *text)
{
    TokenList list = { 0 };
    Err err = { 0 };
    if (!lex_tokens(arena, str_of(text), &list, &err)) fail_msg("%s: %s", text, err.message);
    return list.v + 1;
}

static void refused(const char *text, uint32_t pos, ErrCode code)
{
    TokenList list = { 0 };
    Err err = { 0 };
    assert_false(lex_tokens(arena, str_of(text), &list, &err));
    assert_int_equal(err.span.pos, pos);
    assert_int_equal(err.code, code);
}

static void values_of_strings(void **state)
{
    (void)state;
    static const struct { const char *text, *value; } cases[] = {
        { "'it''s'", "it's" }, { "''", "" }, { "''''", "'" }, { "'\\n'", "\\n" }, { "E'a\\n\\x41\\101\\u0042\\q'", "a\nAAB\\q" }, { "U&'\\0041\\\\'", "A\\" },
        { "U&'#0041' UESCAPE '#'", "A" }, { "N'x'", "x" }, { "_utf8'y'", "y" }, { "X'4142'", "AB" }, { "'\xe6\x97\xa5;--'", "\xe6\x97\xa5;--" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Token *t = tokens_of(cases[i].text);
        assert_int_equal(t->kind, TK_STRING_LITERAL);
        assert_text(t->text, cases[i].value);
        assert_int_equal(t[1].kind, 0);
    }
    refused("U&'\\004'", 0, E_SYNTAX);
    refused("X'0g'", 0, E_SYNTAX);
    refused("X'0'", 0, E_INVALID);
    refused("1 'abc", 2, E_SYNTAX);
    refused("_nope'x'", 0, E_SYNTAX);
}

static void values_of_names(void **state)
{
    (void)state;
    assert_text(tokens_of("`a``b;`")->text, "a`b;");
    assert_text(tokens_of("t$snapshots")->text, "t$snapshots");
    assert_text(tokens_of("\xc3\xa9t\xc3\xa9")->text, "\xc3\xa9t\xc3\xa9");
    assert_text(tokens_of("U&\"\\0041\"")->text, "A");
    assert_int_equal(tokens_of("`select`")->kind, TK_ID);
    refused("``", 0, E_SYNTAX);
    refused("a ` `", 2, E_INVALID);
    refused("\"a\"", 0, E_SYNTAX);
    refused("a\n`b\nc`", 2, E_SYNTAX);
    char longest[300];
    memset(longest, 'x', sizeof longest);
    longest[256] = 0;
    assert_int_equal(tokens_of(longest)->kind, TK_ID);
    longest[256] = 'x';
    longest[257] = 0;
    refused(longest, 0, E_SYNTAX);
}

static void numbers_and_glue(void **state)
{
    (void)state;
    const Token *t = tokens_of("3group 1e 1.5f .5 5. 1e+3 0x1F");
    static const struct { int kind; const char *text; } want[] = {
        { TK_INTEGER_LITERAL, "3" }, { TK_GROUP, "group" }, { TK_INTEGER_LITERAL, "1" }, { TK_ID, "e" }, { TK_DECIMAL_LITERAL, "1.5" }, { TK_ID, "f" }, { TK_DECIMAL_LITERAL, ".5" },
        { TK_INTEGER_LITERAL, "5" }, { TK_DOUBLE_LITERAL, "1e+3" }, { TK_INTEGER_LITERAL, "0" }, { TK_ID, "x1F" },
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(t[i].kind, want[i].kind);
        assert_text(t[i].text, want[i].text);
    }
}

static void comments(void **state)
{
    (void)state;
    const Token *t = tokens_of("a -- don't; \n/* it's; /* */ // x\n/**/ /****/ b");
    assert_text(t[0].text, "a");
    assert_text(t[1].text, "b");
    assert_true(t[1].flags & TOKEN_LINE_START);
    assert_int_equal(t[2].kind, 0);
    assert_int_equal(tokens_of("SELECT /*+ X */ 1")[1].kind, TK_HINT_BEGIN);
    assert_int_equal(tokens_of("SELECT /** x */ 1")[1].kind, TK_INTEGER_LITERAL);
    refused("a /* b", 2, E_SYNTAX);
    refused("a /***/ b", 2, E_SYNTAX);
    refused("a # b", 2, E_SYNTAX);
    refused("a && b", 2, E_SYNTAX);
}

static void kinds_by_neighbours(void **state)
{
    (void)state;
    static const struct { const char *text; uint32_t at; int kind; } cases[] = {
        { "LEFT JOIN", 0, TK_LEFT }, { "LEFT(a, 1)", 0, TK_FN_KW }, { "first(a)", 0, TK_FN_ID }, { "`COUNT`(a)", 0, TK_FN_ID }, { "(SELECT 1)", 0, TK_LPQ }, { "((SELECT 1))", 0, TK_LPQ },
        { "((SELECT 1) + 1)", 0, TK_LP }, { "((SELECT 1) UNION SELECT 2)", 0, TK_LPQ }, { "f((SELECT 1), 2)", 1, TK_LP }, { "TUMBLE(TABLE t)", 1, TK_LP }, { "(TABLE t)", 0, TK_LPQ },
        { "a NOT IN (1)", 1, TK_NOT_OP }, { "NOT a", 0, TK_NOT }, { "POSITION('a' IN b)", 3, TK_POS_IN }, { "a IN (b)", 1, TK_IN }, { "(a - b) DAY", 4, TK_RP_UNIT },
        { "INTERVAL (a) DAY", 0, TK_INTERVAL_LP }, { "INTERVAL (a) DAY", 3, TK_RP }, { "YEAR(a)", 0, TK_FN_KW }, { "INTERVAL '1' YEAR(2)", 2, TK_YEAR }, { "MAP['a', 1]", 0, TK_MAP },
        { "map = 1", 0, TK_ID }, { "SUM(a) IGNORE NULLS", 4, TK_IGNORE }, { "a ignore", 1, TK_ID }, { "NULL ON NULL", 0, TK_NULL_ON }, { "PRIMARY KEY (a)", 1, TK_KEY }, { "key (a)", 0, TK_FN_ID },
        { "DESCRIBE catalog", 1, TK_ID }, { "DESCRIBE CATALOG c", 1, TK_CATALOG }, { "GROUPING(a)", 0, TK_FN_KW }, { "GROUPING SETS (a)", 0, TK_GROUPING },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (tokens_of(cases[i].text)[cases[i].at].kind != cases[i].kind) fail_msg("%s: token %u", cases[i].text, cases[i].at);
}

/* Sorted, findable in any case, flags in order: callable words are reserved, free words have no WORD token. */
static void keyword_table(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < keywords_len; i++) {
        if (i) assert_true(strcmp(keywords[i - 1].word, keywords[i].word) < 0);
        assert_int_equal(keyword_find(str_lower(arena, str_of(keywords[i].word))), i);
        bool reserved = keywords[i].flags & WORD_RESERVED;
        if (keywords[i].kind == TK_WORD) assert_true(reserved);
        if (keywords[i].kind == TK_ID) assert_false(reserved);
        if (keywords[i].flags & WORD_CALLABLE) assert_true(reserved);
    }
    assert_int_equal(keyword_find(STR("nope")), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(values_of_strings), cmocka_unit_test(values_of_names), cmocka_unit_test(numbers_and_glue), cmocka_unit_test(comments),
        cmocka_unit_test(kinds_by_neighbours), cmocka_unit_test(keyword_table) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
