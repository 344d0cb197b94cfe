/* What every unit test includes: cmocka and its prerequisites, and helpers for text. */
#ifndef WEIR_TESTS_UNIT_H
#define WEIR_TESTS_UNIT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/str.h"

/* Compares a slice or builder with a C string, showing both when they differ. */
#define assert_text(str_, expected_)                                                                         \
    do {                                                                                                     \
        Str text_ = (str_);                                                                                  \
        char *copy_ = test_malloc((size_t)text_.len + 1);                                                    \
        if (text_.len) memcpy(copy_, text_.ptr, text_.len);                                                  \
        copy_[text_.len] = 0;                                                                                \
        assert_string_equal(copy_, (expected_));                                                             \
        test_free(copy_);                                                                                    \
    } while (0)
#endif
