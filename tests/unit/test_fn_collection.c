/* Functions of arrays, maps, bitmaps and objects.
 * Each line is one rule: the call, its result type (or the stage of its refusal), its value. */
#include "tests/unit/fn_check.h"

static void fn_array_contains(void **state)
{
    (void)state;
    check("(ARRAY_CONTAINS (ARRAY 1 2) 3)", "BOOLEAN NOT NULL", "FALSE");
    check("(ARRAY_CONTAINS (ARRAY (ARRAY 1) (ARRAY 2)) (ARRAY 2))", "BOOLEAN NOT NULL", "TRUE");
    check("(ARRAY_CONTAINS (ARRAY 1.5 2.5) 1.50)", "BOOLEAN NOT NULL", "TRUE");
    check("(ARRAY_CONTAINS (ARRAY (cast {DOUBLE} 'NaN')) (cast {DOUBLE} 'NaN'))", "BOOLEAN NOT NULL", "FALSE");
    check("(ARRAY_CONTAINS (cast {ARRAY<INT>} null) 1)", "BOOLEAN", "NULL");
    check("(ARRAY_CONTAINS (ARRAY 1.5) 2)", "BOOLEAN NOT NULL", "FALSE");
    check("(ARRAY_CONTAINS (ARRAY (MAP 1 2)) (MAP 1 2))", "BOOLEAN NOT NULL", "TRUE");
    check("(ARRAY_CONTAINS (ARRAY 1 2) (cast {BIGINT} 2))", "!validate", "");
    check("(ARRAY_CONTAINS (ARRAY 1 2) '2')", "!validate", "");
}

static void fn_array_position(void **state)
{
    (void)state;
    check("(ARRAY_POSITION (ARRAY 4 5 5) 5)", "INT NOT NULL", "2");
    check("(ARRAY_POSITION (ARRAY 4) 9)", "INT NOT NULL", "0");
    check("(ARRAY_POSITION (ARRAY (cast {STRING} 'a')) 'a')", "INT NOT NULL", "1");
    check("(ARRAY_POSITION (ARRAY 1 null) null)", "INT", "NULL");
    check("(ARRAY_POSITION (ARRAY 'abc' 'ab') 'ab')", "INT NOT NULL", "2");
    check("(ARRAY_POSITION (ARRAY 1.5 2) 2)", "INT NOT NULL", "2");
    check("(ARRAY_POSITION (ARRAY 1 2) 2.0)", "!validate", "");
}

static void fn_array_remove(void **state)
{
    (void)state;
    check("(ARRAY_REMOVE (ARRAY 1 2 1) 1)", "ARRAY<INT NOT NULL> NOT NULL", "[2]");
    check("(ARRAY_REMOVE (ARRAY 1 2) 3)", "ARRAY<INT NOT NULL> NOT NULL", "[1, 2]");
    check("(ARRAY_REMOVE (ARRAY 1 null 2) null)", "ARRAY<INT> NOT NULL", "[1, 2]");
    check("(ARRAY_REMOVE (ARRAY 1 2) (cast {INT} null))", "ARRAY<INT NOT NULL> NOT NULL", "[1, 2]");
    check("(ARRAY_REMOVE (ARRAY 'a') 'bc')", "ARRAY<CHAR(1) NOT NULL> NOT NULL", "[a]");
}

static void fn_array_append(void **state)
{
    (void)state;
    check("(ARRAY_APPEND (ARRAY 1 2) 3)", "ARRAY<INT NOT NULL> NOT NULL", "[1, 2, 3]");
    check("(ARRAY_APPEND (ARRAY 1 2) null)", "ARRAY<INT>", "[1, 2, NULL]");
    check("(ARRAY_APPEND (ARRAY 1 2) (cast {INT} null))", "ARRAY<INT>", "[1, 2, NULL]");
    check("(ARRAY_APPEND (ARRAY 'a') 'bcd')", "ARRAY<CHAR(1) NOT NULL> NOT NULL", "[a, b]");
    check("(ARRAY_APPEND (ARRAY 1.5) 2)", "ARRAY<DECIMAL(2, 1) NOT NULL> NOT NULL", "[1.5, 2.0]");
    check("(ARRAY_APPEND (ARRAY 1) (cast {TINYINT} 2))", "ARRAY<INT NOT NULL> NOT NULL", "[1, 2]");
    check("(ARRAY_APPEND (ARRAY 'abc') 'd')", "ARRAY<CHAR(3) NOT NULL> NOT NULL", "[abc, d  ]");
    check("(ARRAY_APPEND (ARRAY 1 2) 3.5)", "!validate", "");
    check("(ARRAY_APPEND (ARRAY 1) 'a')", "!validate", "");
}

static void fn_array_prepend(void **state)
{
    (void)state;
    check("(ARRAY_PREPEND (ARRAY 'a') 'bcd')", "ARRAY<CHAR(1) NOT NULL> NOT NULL", "[b, a]");
    check("(ARRAY_PREPEND (ARRAY (ARRAY 1)) (ARRAY 2))", "ARRAY<ARRAY<INT NOT NULL> NOT NULL> NOT NULL", "[[2], [1]]");
    check("(ARRAY_PREPEND (ARRAY 1 2) (cast {BIGINT} 3))", "!validate", "");
}

static void fn_array_reverse(void **state)
{
    (void)state;
    check("(ARRAY_REVERSE (ARRAY (ARRAY 1 2) (ARRAY 3)))", "ARRAY<ARRAY<INT NOT NULL> NOT NULL> NOT NULL", "[[3], [1, 2]]");
    check("(ARRAY_REVERSE (ARRAY 'a' null))", "ARRAY<CHAR(1)> NOT NULL", "[NULL, a]");
}

static void fn_array_slice(void **state)
{
    (void)state;
    check("(ARRAY_SLICE (ARRAY 1 2 3 4) 0)", "ARRAY<INT NOT NULL> NOT NULL", "[1, 2, 3, 4]");
    check("(ARRAY_SLICE (ARRAY 1 2 3 4) 3 2)", "ARRAY<INT NOT NULL> NOT NULL", "[]");
    check("(ARRAY_SLICE (ARRAY 1 2 3 4) -100 -50)", "ARRAY<INT NOT NULL> NOT NULL", "[]");
    check("(ARRAY_SLICE (ARRAY 1 2 3 4) (cast {INT} null))", "ARRAY<INT NOT NULL>", "NULL");
    check("(ARRAY_SLICE (ARRAY 1 2 3) 0 0)", "ARRAY<INT NOT NULL> NOT NULL", "[1]");
    check("(ARRAY_SLICE (ARRAY 1 2 3) -10)", "ARRAY<INT NOT NULL> NOT NULL", "[1, 2, 3]");
    check("(ARRAY_SLICE (ARRAY 1 2 3) 2 -4)", "ARRAY<INT NOT NULL> NOT NULL", "[]");
    check("(ARRAY_SLICE (ARRAY 1 2 3 4) 1.5)", "!validate", "");
}

static void fn_array_sort(void **state)
{
    (void)state;
    check("(ARRAY_SORT (ARRAY 'b' 'B' 'a' 'A' 'é' '_' '1'))", "ARRAY<CHAR(1) NOT NULL> NOT NULL", "[1, A, B, _, a, b, é]");
    check("(ARRAY_SORT (ARRAY 1.5 1.05 10))", "ARRAY<DECIMAL(12, 2) NOT NULL> NOT NULL", "[1.05, 1.50, 10.00]");
    check("(ARRAY_SORT (ARRAY (cast {DOUBLE} 'NaN') (cast {DOUBLE} 'Infinity') 1e0 (cast {DOUBLE} '-Infinity')))", "ARRAY<DOUBLE NOT NULL> NOT NULL", "[-Infinity, 1.0, Infinity, NaN]");
    check("(ARRAY_SORT (ARRAY null 2 1) false)", "ARRAY<INT> NOT NULL", "[2, 1, NULL]");
    check("(ARRAY_SORT (ARRAY null 2 1) false true)", "ARRAY<INT> NOT NULL", "[NULL, 2, 1]");
    check("(ARRAY_SORT (ARRAY null 2 1) true false)", "ARRAY<INT> NOT NULL", "[1, 2, NULL]");
    check("(ARRAY_SORT (ARRAY null 2 1) (cast {BOOLEAN} null))", "ARRAY<INT>", "NULL");
    check("(ARRAY_SORT (ARRAY true false))", "!validate", "");
    check("(ARRAY_SORT (ARRAY (ARRAY 2) (ARRAY 1)))", "!validate", "");
}

static void fn_array_max(void **state)
{
    (void)state;
    check("(ARRAY_MAX (ARRAY 1.5 2.25))", "DECIMAL(3, 2)", "2.25");
    check("(ARRAY_MAX (ARRAY (cast {INT} null)))", "INT", "NULL");
    check("(ARRAY_MAX (ARRAY (cast {DOUBLE} 'NaN') 1e0))", "DOUBLE", "NaN");
    check("(ARRAY_MAX (ARRAY 'a' 'b'))", "CHAR(1)", "b");
    check("(ARRAY_MAX (ARRAY 1e0 (cast {DOUBLE} 'NaN')))", "DOUBLE", "1.0");
    check("(ARRAY_MAX (ARRAY (ARRAY 1) (ARRAY 2)))", "!validate", "");
    check("(ARRAY_MAX (ARRAY (ROW 1)))", "!validate", "");
}

static void fn_array_min(void **state)
{
    (void)state;
    check("(ARRAY_MIN (ARRAY (cast {DOUBLE} 'NaN') 1e0))", "DOUBLE", "NaN");
    check("(ARRAY_MIN (ARRAY 1e0 (cast {DOUBLE} 'NaN')))", "DOUBLE", "1.0");
    check("(ARRAY_MIN (ARRAY (cast {DATE} '2024-02-01') (cast {DATE} '2024-01-01')))", "DATE", "2024-01-01");
}

static void fn_array_join(void **state)
{
    (void)state;
    check("(ARRAY_JOIN (ARRAY 'a' 'b') ', ')", "STRING NOT NULL", "a, b");
    check("(ARRAY_JOIN (ARRAY 'a' (cast {STRING} null) 'b') ',')", "STRING NOT NULL", "a,b");
    check("(ARRAY_JOIN (ARRAY 'a' (cast {STRING} null) 'b') ',' (cast {STRING} null))", "STRING", "NULL");
    check("(ARRAY_JOIN (ARRAY 'a') (cast {STRING} null))", "STRING", "NULL");
    check("(ARRAY_JOIN (cast {ARRAY<STRING>} (ARRAY 1 2)) ',')", "STRING NOT NULL", "1,2");
    check("(ARRAY_JOIN (ARRAY (cast {STRING} null)) ',')", "STRING NOT NULL", "");
    check("(ARRAY_JOIN (SPLIT 'a,b,c' ',') '|')", "STRING NOT NULL", "a|b|c");
    check("(ARRAY_JOIN (ARRAY 1 2) ',')", "!validate", "");
    check("(ARRAY_JOIN (ARRAY 'a') 1)", "!validate", "");
}

static void fn_cardinality(void **state)
{
    (void)state;
    check("(CARDINALITY (JSON_QUERY '[1,2,\"x\"]' '$' #RETURNING (cast {ARRAY<STRING>} null)))", "INT", "3");
    check("(CARDINALITY (SPLIT 'a,b' ','))", "INT NOT NULL", "2");
    check("(CARDINALITY (ARRAY 1 2 3))", "INT NOT NULL", "3");
    check("(CARDINALITY (ARRAY (cast {INT} null)))", "INT NOT NULL", "1");
    check("(CARDINALITY (MAP 'a' 1 'b' 2))", "INT NOT NULL", "2");
    check("(CARDINALITY (cast {MAP<INT, INT>} null))", "INT", "NULL");
    check("(CARDINALITY (MAP 'a' 1))", "INT NOT NULL", "1");
    check("(CARDINALITY 'abc')", "!validate", "");
    check("(CARDINALITY 1)", "!validate", "");
}

static void fn_element(void **state)
{
    (void)state;
    check("(ELEMENT (ARRAY 7))", "INT NOT NULL", "7");
    check("(ELEMENT (ARRAY (cast {INT} null)))", "INT", "NULL");
    check("(ELEMENT (cast {ARRAY<INT>} null))", "INT", "NULL");
    check("(ELEMENT (ARRAY 1 2))", "!run", "");
    check("(ELEMENT (MAP 'a' 1))", "!validate", "");
}

static void fn_array_distinct(void **state)
{
    (void)state;
    check("(ARRAY_DISTINCT (ARRAY 1 2 1))", "ARRAY<INT NOT NULL> NOT NULL", "[1, 2]");
    check("(ARRAY_DISTINCT (ARRAY (ARRAY 1) (ARRAY 2) (ARRAY 1)))", "ARRAY<ARRAY<INT NOT NULL> NOT NULL> NOT NULL", "[[1], [2]]");
    check("(ARRAY_DISTINCT (ARRAY 1.0 1.00))", "ARRAY<DECIMAL(3, 2) NOT NULL> NOT NULL", "[1.00]");
    check("(ARRAY_DISTINCT (ARRAY (MAP 1 2) (MAP 1 2)))", "ARRAY<MAP<INT NOT NULL, INT NOT NULL> NOT NULL> NOT NULL", "[{1=2}]");
    check("(ARRAY_DISTINCT (ARRAY null 1 null))", "ARRAY<INT> NOT NULL", "[NULL, 1]");
}

static void fn_array_union(void **state)
{
    (void)state;
    check("(ARRAY_UNION (ARRAY 1 2) (ARRAY 2.5))", "ARRAY<DECIMAL(11, 1) NOT NULL> NOT NULL", "[1.0, 2.0, 2.5]");
    check("(ARRAY_UNION (ARRAY 1 2) (ARRAY (cast {BIGINT} 2) 3))", "ARRAY<BIGINT NOT NULL> NOT NULL", "[1, 2, 3]");
    check("(ARRAY_UNION (ARRAY 1) (cast {ARRAY<INT>} null))", "ARRAY<INT>", "NULL");
    check("(ARRAY_UNION (ARRAY 'a') (ARRAY 'bc'))", "ARRAY<VARCHAR(2) NOT NULL> NOT NULL", "[a, bc]");
    check("(ARRAY_UNION (ARRAY 1 null) (ARRAY null 2))", "ARRAY<INT> NOT NULL", "[1, NULL, 2]");
    check("(ARRAY_UNION (ARRAY (ARRAY 1)) (ARRAY (ARRAY 1) (ARRAY 2)))", "ARRAY<ARRAY<INT NOT NULL> NOT NULL> NOT NULL", "[[1], [2]]");
    check("(ARRAY_UNION (ARRAY 1) (ARRAY 'a'))", "!validate", "");
}

static void fn_array_except(void **state)
{
    (void)state;
    check("(ARRAY_EXCEPT (ARRAY 1 2 2 3 3) (ARRAY 2))", "ARRAY<INT NOT NULL> NOT NULL", "[1, 3]");
    check("(ARRAY_EXCEPT (ARRAY 1 2 2 3 3) (ARRAY 2 3))", "ARRAY<INT NOT NULL> NOT NULL", "[1]");
    check("(ARRAY_EXCEPT (ARRAY 1 (cast {INT} null) (cast {INT} null)) (ARRAY (cast {INT} null)))", "ARRAY<INT> NOT NULL", "[1]");
    check("(ARRAY_EXCEPT (ARRAY 1) (cast {ARRAY<INT>} null))", "ARRAY<INT>", "NULL");
    check("(ARRAY_EXCEPT (ARRAY 'a' 'b') (ARRAY 'b' 'c'))", "ARRAY<CHAR(1) NOT NULL> NOT NULL", "[a]");
}

static void fn_array_intersect(void **state)
{
    (void)state;
    check("(ARRAY_INTERSECT (ARRAY 3 1 1 2) (ARRAY 1 2 3))", "ARRAY<INT NOT NULL> NOT NULL", "[3, 1, 2]");
    check("(ARRAY_INTERSECT (ARRAY 1 2) (ARRAY (cast {BIGINT} 2)))", "ARRAY<BIGINT NOT NULL> NOT NULL", "[2]");
    check("(ARRAY_INTERSECT (ARRAY 1 null) (ARRAY null))", "!validate", "");
}

static void fn_array_concat(void **state)
{
    (void)state;
    check("(ARRAY_CONCAT (ARRAY 1) (ARRAY 2.5))", "ARRAY<DECIMAL(11, 1) NOT NULL> NOT NULL", "[1.0, 2.5]");
    check("(ARRAY_CONCAT (ARRAY (ARRAY 1)) (ARRAY (ARRAY 2 3)))", "ARRAY<ARRAY<INT NOT NULL> NOT NULL> NOT NULL", "[[1], [2, 3]]");
    check("(ARRAY_CONCAT (ARRAY 1))", "ARRAY<INT NOT NULL> NOT NULL", "[1]");
    check("(ARRAY_CONCAT (ARRAY 'a') (ARRAY 'bcd') (ARRAY 'e'))", "ARRAY<VARCHAR(3) NOT NULL> NOT NULL", "[a, bcd, e]");
    check("(ARRAY_CONCAT (ARRAY 1) (ARRAY null 2))", "ARRAY<INT> NOT NULL", "[1, NULL, 2]");
}

static void fn_map_keys(void **state)
{
    (void)state;
    check("(MAP_KEYS (MAP 'a' 1 'b' 2))", "ARRAY<CHAR(1) NOT NULL> NOT NULL", "[a, b]");
    check("(MAP_KEYS (cast {MAP<INT, INT>} null))", "ARRAY<INT>", "NULL");
}

static void fn_map_values(void **state)
{
    (void)state;
    check("(MAP_VALUES (MAP 'a' 1 'b' 2))", "ARRAY<INT NOT NULL> NOT NULL", "[1, 2]");
}

static void fn_map_entries(void **state)
{
    (void)state;
    check("(MAP_ENTRIES (MAP 'a' 1 'b' 2))", "ARRAY<ROW<`key` CHAR(1) NOT NULL, `value` INT NOT NULL>> NOT NULL", "[(a, 1), (b, 2)]");
    check("(MAP_ENTRIES (MAP 'a' (cast {INT} null)))", "ARRAY<ROW<`key` CHAR(1) NOT NULL, `value` INT>> NOT NULL", "[(a, NULL)]");
}

static void fn_map_from_arrays(void **state)
{
    (void)state;
    check("(MAP_FROM_ARRAYS (ARRAY 'a') (ARRAY 1 2))", "!run", "");
}

static void fn_map_union(void **state)
{
    (void)state;
    check("(MAP_UNION (MAP 'a' 1))", "MAP<CHAR(1) NOT NULL, INT NOT NULL> NOT NULL", "{a=1}");
    check("(MAP_UNION (MAP 'a' 1) (cast {MAP<STRING, INT>} null))", "MAP<STRING, INT>", "NULL");
    check("(MAP_UNION (MAP 'a' 1) (MAP 1 'b'))", "!validate", "");
}

static void fn_bitmap_to_string(void **state)
{
    (void)state;
    check("(BITMAP_TO_STRING (BITMAP_BUILD (ARRAY 3 1 2 3)))", "STRING NOT NULL", "{1,2,3}");
    check("(BITMAP_TO_STRING (BITMAP_AND (BITMAP_BUILD (ARRAY 1 2)) (BITMAP_BUILD (ARRAY 2 3))))", "STRING NOT NULL", "{2}");
    check("(BITMAP_TO_STRING (BITMAP_XOR (BITMAP_BUILD (ARRAY 1 2)) (BITMAP_BUILD (ARRAY 2 3))))", "STRING NOT NULL", "{1,3}");
    check("(BITMAP_TO_STRING (BITMAP_ANDNOT (BITMAP_BUILD (ARRAY 1 2)) (BITMAP_BUILD (ARRAY 2 3))))", "STRING NOT NULL", "{1}");
    check("(BITMAP_TO_STRING (BITMAP_FROM_BYTES (BITMAP_TO_BYTES (BITMAP_BUILD (ARRAY 1 5)))))", "STRING NOT NULL", "{1,5}");
}

static void fn_bitmap_to_array(void **state)
{
    (void)state;
    check("(BITMAP_TO_ARRAY (BITMAP_BUILD (ARRAY 3 1 2)))", "ARRAY<INT> NOT NULL", "[1, 2, 3]");
}

static void fn_bitmap_cardinality(void **state)
{
    (void)state;
    check("(BITMAP_CARDINALITY (BITMAP_BUILD (ARRAY 3 1 2 3)))", "BIGINT NOT NULL", "3");
    check("(BITMAP_CARDINALITY (cast {BITMAP} null))", "BIGINT", "NULL");
}

static void fn_object_of(void **state)
{
    (void)state;
    check("(OBJECT_OF 'com.example.User' 'name' 'Bob' 'age' 42)", "STRUCTURED<'com.example.User', `name` CHAR(3) NOT NULL, `age` INT NOT NULL>", "(name=Bob, age=42)");
    check("(OBJECT_OF 'com.example.User')", "STRUCTURED<'com.example.User', >", "()");
}

static void fn_object_update(void **state)
{
    (void)state;
    check("(OBJECT_UPDATE (OBJECT_OF 'com.example.User' 'name' 'Bob') 'name' 'Al')", "STRUCTURED<'com.example.User', `name` CHAR(2) NOT NULL>", "(name=Al)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fn_array_contains),
        cmocka_unit_test(fn_array_position),
        cmocka_unit_test(fn_array_remove),
        cmocka_unit_test(fn_array_append),
        cmocka_unit_test(fn_array_prepend),
        cmocka_unit_test(fn_array_reverse),
        cmocka_unit_test(fn_array_slice),
        cmocka_unit_test(fn_array_sort),
        cmocka_unit_test(fn_array_max),
        cmocka_unit_test(fn_array_min),
        cmocka_unit_test(fn_array_join),
        cmocka_unit_test(fn_cardinality),
        cmocka_unit_test(fn_element),
        cmocka_unit_test(fn_array_distinct),
        cmocka_unit_test(fn_array_union),
        cmocka_unit_test(fn_array_except),
        cmocka_unit_test(fn_array_intersect),
        cmocka_unit_test(fn_array_concat),
        cmocka_unit_test(fn_map_keys),
        cmocka_unit_test(fn_map_values),
        cmocka_unit_test(fn_map_entries),
        cmocka_unit_test(fn_map_from_arrays),
        cmocka_unit_test(fn_map_union),
        cmocka_unit_test(fn_bitmap_to_string),
        cmocka_unit_test(fn_bitmap_to_array),
        cmocka_unit_test(fn_bitmap_cardinality),
        cmocka_unit_test(fn_object_of),
        cmocka_unit_test(fn_object_update),
    };
    return fn_tests(tests, sizeof tests / sizeof tests[0]);
}
