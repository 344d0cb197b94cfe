/* The functions that stand only with OVER: their rows, for binder, SHOW FUNCTIONS, completion and docs. The operator computes them
 * (engine/op/op_over.c), so they have no bodies. Stateless. Examples are over the rows AGG_EXAMPLE_ROWS, their results in order of x. */
#include "engine/expr/fn.h"

#define WINDOW_ROW(NAME, ARGS, RET, DOC, EXAMPLE, RESULT) FN_ROW(NAME, ARGS, RET, FN_WINDOW, NULL, NULL, NULL, "window", DOC, EXAMPLE, RESULT)

const FuncDef fn_window_table[] = {
    WINDOW_ROW("ROW_NUMBER", "", "BIGINT", "Number of the row in its partition, from 1.", "ROW_NUMBER() OVER (ORDER BY x)", "1, 2, 3, 4"),
    WINDOW_ROW("RANK", "", "BIGINT", "One more than the number of rows before; equal rows share it.", "RANK() OVER (ORDER BY x)", "1, 2, 3, 3"),
    WINDOW_ROW("DENSE_RANK", "", "BIGINT", "One more than the number of different values before.", "DENSE_RANK() OVER (ORDER BY x DESC)", "3, 2, 1, 1"),
    WINDOW_ROW("PERCENT_RANK", "", "DOUBLE", "(RANK - 1) / (rows - 1).", "PERCENT_RANK() OVER (ORDER BY x DESC)", "1.0, 0.6666666666666666, 0.0, 0.0"),
    WINDOW_ROW("CUME_DIST", "", "DOUBLE", "Share of the partition's rows up to this one.", "CUME_DIST() OVER (ORDER BY x)", "0.25, 0.5, 1.0, 1.0"),
    WINDOW_ROW("NTILE", "int", "BIGINT", "Which of n parts of the partition, as equal as can be, the row is in.", "NTILE(2) OVER (ORDER BY x)", "1, 1, 2, 2"),
    WINDOW_ROW("LAG", "any,int?,any?", "$1", "The value n rows (1 by default) before, or else a default.", "LAG(x, 1, 0) OVER (ORDER BY x)", "0, NULL, 1, 2"),
    WINDOW_ROW("LEAD", "any,int?,any?", "$1", "The value n rows (1 by default) behind, or else a default.", "LEAD(x) OVER (ORDER BY x)", "1, 2, 2, NULL"),
    FN_END
};
