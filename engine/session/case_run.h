/* What the parts of `weir test` share: results of one file, running text against a fresh session, rows as text, diffs.
 * One process runs one file; results go to the parent as records (casefile.c). */
#ifndef WEIR_SESSION_CASE_RUN_H
#define WEIR_SESSION_CASE_RUN_H
#include "engine/session/casefile.h"
#include "engine/session/session.h"

/* One test: a case, an expression line, a statement. line 0 = the whole file; key: the expression or statement ("" for a case);
 * why: what differs, several lines; empty = passed. */
typedef struct CaseRecord { bool passed; uint32_t line; Str key, why; } CaseRecord;
typedef struct CaseReport { StrBuf bytes; int fd; } CaseReport;  /* records; fd > 0: written there at once, so that a crash loses none */
void record_put(CaseReport *report, bool passed, uint32_t line, Str key, Str why);
bool record_get(Reader *in, CaseRecord *out);     /* false at the end */

/* Rows of the last SELECT as text: one line a row, "+I a | 1". */
typedef struct CaseRows {
    Session *session;
    const Zone *zone;                            /* the session's when the SELECT began */
    bool any;                                    /* a SELECT ran */
    StrBuf schema, lines;                        /* "name type\n" per column; rows */
    uint32_t nrows;
    Str first_type;                              /* of column 0; in `arena` */
    bool unordered;                              /* some column holds a MAP or MULTISET */
    Arena *arena;
} CaseRows;
void rows_init(CaseRows *rows, Session *session);
void rows_free(CaseRows *rows);
SessionSink rows_sink(CaseRows *rows);
/* Entries of every {..} of a text sorted: maps and multisets have no order. */
Str sort_braces(Arena *arena, Str text);

/* Lines of a and b, sorted, without an op column (changelog applied: +I +U add, -U -D take away one equal row). */
Str changelog_final(Arena *arena, Str changelog);
Str sort_lines(Arena *arena, Str text);
/* Unified-style diff of two texts: " same", "-expected", "+actual". */
void diff_lines(Str expected, Str actual, StrBuf *out);

Session *case_session(const TestOptions *options, Str input, bool batch, bool check_only);
/* The message and stage an answer section shows for an error: "validate: message". */
Str error_answer(Arena *arena, const Err *err);
/* Same stage? answer: "validate: ..." or "!validate: ...". */
bool same_stage(Str answer, const Err *err);

/* Each returns false + err only when the file itself is malformed; *rewritten gets the new text when blessing. */
bool case_run(Str text, const TestOptions *options, CaseReport *report, StrBuf *rewritten, Err *err);
bool table_run(Str text, const TestOptions *options, CaseReport *report, StrBuf *rewritten, Err *err);
bool statements_run(Str sql, Str verdicts, const TestOptions *options, CaseReport *report, StrBuf *rewritten, Err *err);
#endif
