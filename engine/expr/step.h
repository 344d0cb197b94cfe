/* What a compiled program consists of. Private to program.c (compiler) and eval.c (evaluator).
 * Registers hold vectors as long as the batch; selections hold row numbers. Selection 0 is the batch's own, every other one is a subset
 * of the selection it was split from. A register computed under a selection is defined on its rows only. */
#ifndef WEIR_EXPR_STEP_H
#define WEIR_EXPR_STEP_H
#include "engine/expr/kernels.h"
#include "engine/expr/program.h"

typedef enum StepKind {
    STEP_CALL,           /* dst = func(args) on sel */
    STEP_CAST,           /* dst = cast(args[0]) on sel */
    STEP_BEGIN,          /* dst becomes an empty FLAT vector to merge into */
    STEP_MERGE,          /* dst[rows of sel] = args[0] */
    STEP_BLEND,          /* dst[rows where args[0] is TRUE] = args[1], over all rows */
    STEP_SPLIT_TRUE,     /* sel_yes = rows of sel where args[0] is TRUE, sel_no = the others */
    STEP_SPLIT_NULL,     /* sel_yes = rows of sel where args[0] is NULL */
    STEP_SPLIT_OPEN_AND, /* sel_yes = rows of sel where args[0] is not FALSE */
    STEP_SPLIT_OPEN_OR,  /* sel_yes = rows of sel where args[0] is not TRUE */
    STEP_JUMP_EMPTY,     /* goes to jump if sel has no row */
    STEP_KLEENE_AND, STEP_KLEENE_OR,  /* dst = dst and/or args[0], on sel; all rows when dense */
} StepKind;

typedef struct Step {
    StepKind kind;
    uint32_t dst, nargs, sel, sel_yes, sel_no, jump;
    const uint32_t *args;
    bool dense;
    const Expr *expr;
    FuncCall call;                               /* CALL */
    const Cast *cast; CastKernel *cast_kernel;   /* CAST */
} Step;

typedef enum RegKind { REG_COMPUTED, REG_COLUMN, REG_CONST } RegKind;
typedef struct Reg { RegKind kind; const Type *type; uint32_t column; Datum value; } Reg;

struct Program {
    const Step *steps; uint32_t nsteps;
    const Reg *regs; uint32_t nregs;
    uint32_t nsels;
    const uint32_t *outs; uint32_t nouts;        /* register of each expression */
    const Expr *const *exprs;
};
#endif
