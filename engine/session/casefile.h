/* `weir test`: runs test files and compares. .case files (streaming cases), .tsv expression tables, X.sql with its verdicts in X.tsv; formats in docs/testing.md. */
#ifndef WEIR_SESSION_CASEFILE_H
#define WEIR_SESSION_CASEFILE_H
#include "engine/base/err.h"
#include <stdio.h>
typedef struct TestOptions {
    const char *expect_file;                     /* lines `path[:what] TAB reason` of what is expected to fail; NULL = none */
    uint32_t batch_rows;                         /* 0 = default */
    bool restore_every_step;
    bool bless;                                  /* rewrite the answers instead of comparing */
    FILE *out;
} TestOptions;
typedef struct TestTotals { uint32_t passed, failed, known; } TestTotals;      /* known: failed as expected */
/* Runs a file, or every .case, .tsv and .sql+.tsv file below a folder in order of name. Prints FAIL lines, diffs; adds to *totals.
 * false + err: the path cannot be read. */
bool test_run_path(const char *path, const TestOptions *options, TestTotals *totals, Err *err) MUST_CHECK;
#endif
