/* The compiler from trees to flat steps. Common deterministic sub-expressions get one register: a value computed under a selection serves
 * every selection split from it. Branches of CASE, AND, OR, COALESCE run under selections of their own and are jumped over when empty;
 * terms that cannot fail are computed for all rows instead, which is cheaper than splitting.
 * Programs are immutable and may be shared between threads; everything lives in the arena given. */
#include "engine/expr/step.h"
#include "engine/expr/kernels_fn.h"

typedef struct Known { const Expr *expr; uint32_t sel, reg; } Known;
typedef struct ExprList { Expr **v; uint32_t n, cap; } ExprList;
typedef struct Compiler {
    Arena *arena;
    Err *err;
    struct { Step *v; uint32_t n, cap; } steps;
    struct { Reg *v; uint32_t n, cap; } regs;
    struct { uint32_t *v; uint32_t n, cap; } parents;        /* of each selection */
    struct { Known *v; uint32_t n, cap; } known;
} Compiler;

#define NO_REG UINT32_MAX
static uint32_t compile(Compiler *c, const Expr *expr, uint32_t sel);

static uint32_t new_reg(Compiler *c, RegKind kind, const Type *type)
{
    Reg reg = { .kind = kind, .type = type };
    ARENA_PUSH(c->arena, c->regs, reg);
    return c->regs.n - 1;
}

static uint32_t new_sel(Compiler *c, uint32_t parent)
{
    ARENA_PUSH(c->arena, c->parents, parent);
    return c->parents.n - 1;
}

static uint32_t emit(Compiler *c, Step step)
{
    ARENA_PUSH(c->arena, c->steps, step);
    return c->steps.n - 1;
}

static const uint32_t *one_arg(Compiler *c, uint32_t reg) { return arena_copy(c->arena, &reg, sizeof reg); }

static bool sel_within(const Compiler *c, uint32_t sel, uint32_t outer)
{
    while (sel != outer && sel != 0) sel = c->parents.v[sel];
    return sel == outer;
}

static uint32_t find_known(const Compiler *c, const Expr *expr, uint32_t sel)
{
    for (uint32_t i = 0; i < c->known.n; i++)
        if (expr_equal(c->known.v[i].expr, expr) && sel_within(c, sel, c->known.v[i].sel)) return c->known.v[i].reg;
    return NO_REG;
}

/* Nothing in the tree can fail, whatever rows it is given. */
static bool is_total(const Expr *expr)
{
    if (expr->kind == EXPR_CALL && !(expr->func->flags & FN_TOTAL)) return false;
    if (expr->kind == EXPR_CALL && expr->func->flags & FN_VOLATILE) return false;
    if (expr->kind == EXPR_CAST && !cast_kernel(expr->args[0]->type, expr->type)) return false;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (!is_total(expr->args[i])) return false;
    return true;
}

/* A word or less to compute for every row, by loops without branches. */
static bool is_cheap(const Expr *expr)
{
    if (expr->kind == EXPR_CONST || expr->kind == EXPR_COLUMN) return true;
    if (expr->kind == EXPR_COALESCE || (expr->kind == EXPR_CALL && !expr->func->kernel) || phys_size(type_phys(expr->type)) > 8) return false;
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (phys_size(type_phys(expr->args[i]->type)) > 8 || type_is_nested(expr->args[i]->type) || !is_cheap(expr->args[i])) return false;
    return is_total(expr);
}

/* --- leaves and calls --- */

static bool prepare_call(Compiler *c, Step *step)
{
    const Expr *expr = step->expr;
    step->call = (FuncCall){ .expr = expr, .data = expr->data };
    if (!expr->func->prepare) return true;
    const Datum **values = ARENA_ARRAY(c->arena, const Datum *, expr->nargs + 1);
    for (uint32_t i = 0; i < expr->nargs; i++) values[i] = expr->args[i]->kind == EXPR_CONST ? &expr->args[i]->value : NULL;
    step->call.prepared = expr->func->prepare(&step->call, c->arena, values, c->err);
    return step->call.prepared || !c->err->set || expr_blame(expr, c->err);
}

static bool is_join(const Expr *expr) { return expr->kind == EXPR_CALL && expr->func->kernel == kernel_concat; }

static void join_terms(Compiler *c, const Expr *expr, uint32_t sel, ExprList *terms)
{
    for (uint32_t i = 0; i < expr->nargs; i++) {
        if (is_join(expr->args[i]) && find_known(c, expr->args[i], sel) == NO_REG) join_terms(c, expr->args[i], sel, terms);
        else ARENA_PUSH(c->arena, *terms, expr->args[i]);
    }
}

/* a || b || c as one call: what is joined first would be copied again by every join around it. */
static const Expr *flat_join(Compiler *c, const Expr *expr, uint32_t sel)
{
    ExprList terms = { 0 };
    if (!is_join(expr)) return expr;
    join_terms(c, expr, sel, &terms);
    if (terms.n == expr->nargs) return expr;
    Expr *flat = arena_copy(c->arena, expr, sizeof *expr);
    flat->args = terms.v;
    flat->nargs = terms.n;
    return flat;
}

static uint32_t compile_call(Compiler *c, const Expr *tree, uint32_t sel)
{
    const Expr *expr = flat_join(c, tree, sel);
    Step step = { .kind = expr->kind == EXPR_CALL ? STEP_CALL : STEP_CAST, .nargs = expr->nargs, .sel = sel, .expr = expr };
    if (expr->kind == EXPR_CALL) {
        if (!prepare_call(c, &step)) return NO_REG;
        if (step.call.prepared && expr->func->flags & FN_SET) step.nargs = 1;
    } else {
        step.cast = cast_compile(c->arena, expr->args[0]->type, expr->type);
        step.cast_kernel = cast_kernel(expr->args[0]->type, expr->type);
    }
    uint32_t *args = ARENA_ARRAY(c->arena, uint32_t, step.nargs + 1);
    for (uint32_t i = 0; i < step.nargs; i++) {
        args[i] = compile(c, expr->args[i], sel);
        if (args[i] == NO_REG) return NO_REG;
    }
    step.args = args;
    step.dst = new_reg(c, REG_COMPUTED, expr->type);
    emit(c, step);
    return step.dst;
}

static uint32_t compile_leaf(Compiler *c, const Expr *expr)
{
    uint32_t reg = new_reg(c, expr->kind == EXPR_COLUMN ? REG_COLUMN : REG_CONST, expr->type);
    c->regs.v[reg].column = expr->column;
    c->regs.v[reg].value = expr->value;
    return reg;
}

/* --- branches --- */

static uint32_t begin(Compiler *c, const Expr *expr)
{
    uint32_t dst = new_reg(c, REG_COMPUTED, expr->type);
    emit(c, (Step){ .kind = STEP_BEGIN, .dst = dst, .expr = expr });
    return dst;
}

static bool merge(Compiler *c, uint32_t dst, const Expr *branch, uint32_t sel)
{
    uint32_t src = compile(c, branch, sel);
    if (src == NO_REG) return false;
    emit(c, (Step){ .kind = STEP_MERGE, .dst = dst, .nargs = 1, .args = one_arg(c, src), .sel = sel, .expr = branch });
    return true;
}

static uint32_t emit_jump(Compiler *c, uint32_t sel) { return emit(c, (Step){ .kind = STEP_JUMP_EMPTY, .sel = sel }); }

static void land_jumps(Compiler *c, const uint32_t *jumps, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) c->steps.v[jumps[i]].jump = c->steps.n;
}

/* All parts for all rows, the last branch first: each takes its rows from what the later ones gave. */
static uint32_t compile_blend(Compiler *c, const Expr *expr, uint32_t sel)
{
    uint32_t n = expr->nargs - 1, *parts = ARENA_ARRAY(c->arena, uint32_t, n);
    for (uint32_t i = 0; i < n; i++)
        if ((parts[i] = compile(c, expr->args[i], sel)) == NO_REG) return NO_REG;
    uint32_t dst = begin(c, expr);
    if (!merge(c, dst, expr->args[n], sel)) return NO_REG;
    for (uint32_t i = n; i > 0; i -= 2) emit(c, (Step){ .kind = STEP_BLEND, .dst = dst, .nargs = 2, .args = &parts[i - 2], .sel = sel, .expr = expr });
    return dst;
}

static bool can_blend(const Expr *expr)
{
    for (uint32_t i = 0; i < expr->nargs; i++)
        if (!is_cheap(expr->args[i])) return false;
    return true;
}

static uint32_t compile_case(Compiler *c, const Expr *expr, uint32_t sel)
{
    if (can_blend(expr)) return compile_blend(c, expr, sel);
    uint32_t dst = begin(c, expr), open = sel, njumps = 0;
    uint32_t *jumps = ARENA_ARRAY(c->arena, uint32_t, expr->nargs);
    for (uint32_t i = 0; i + 1 < expr->nargs; i += 2) {
        uint32_t cond = compile(c, expr->args[i], open);
        if (cond == NO_REG) return NO_REG;
        uint32_t yes = new_sel(c, open), no = new_sel(c, open);
        emit(c, (Step){ .kind = STEP_SPLIT_TRUE, .nargs = 1, .args = one_arg(c, cond), .sel = open, .sel_yes = yes, .sel_no = no, .expr = expr });
        uint32_t skip = emit_jump(c, yes);
        if (!merge(c, dst, expr->args[i + 1], yes)) return NO_REG;
        land_jumps(c, &skip, 1);
        jumps[njumps++] = emit_jump(c, no);
        open = no;
    }
    if (!merge(c, dst, expr->args[expr->nargs - 1], open)) return NO_REG;
    land_jumps(c, jumps, njumps);
    return dst;
}

static uint32_t compile_logical(Compiler *c, const Expr *expr, uint32_t sel)
{
    bool is_and = expr->kind == EXPR_AND;
    uint32_t dst = begin(c, expr), open = sel, njumps = 0;
    uint32_t *jumps = ARENA_ARRAY(c->arena, uint32_t, expr->nargs);
    if (!merge(c, dst, expr->args[0], sel)) return NO_REG;
    for (uint32_t i = 1; i < expr->nargs; i++) {
        bool dense = is_total(expr->args[i]);
        if (!dense) {
            uint32_t rest = new_sel(c, open);
            emit(c, (Step){ .kind = is_and ? STEP_SPLIT_OPEN_AND : STEP_SPLIT_OPEN_OR, .nargs = 1, .args = one_arg(c, dst), .sel = open, .sel_yes = rest, .expr = expr });
            jumps[njumps++] = emit_jump(c, rest);
            open = rest;
        }
        uint32_t term = compile(c, expr->args[i], open);
        if (term == NO_REG) return NO_REG;
        emit(c, (Step){ .kind = is_and ? STEP_KLEENE_AND : STEP_KLEENE_OR, .dst = dst, .nargs = 1, .args = one_arg(c, term), .sel = open,
                        .dense = dense && open == sel, .expr = expr });
    }
    land_jumps(c, jumps, njumps);
    return dst;
}

static uint32_t compile_coalesce(Compiler *c, const Expr *expr, uint32_t sel)
{
    uint32_t dst = begin(c, expr), open = sel, njumps = 0;
    uint32_t *jumps = ARENA_ARRAY(c->arena, uint32_t, expr->nargs);
    for (uint32_t i = 0; i < expr->nargs; i++) {
        if (!merge(c, dst, expr->args[i], open)) return NO_REG;
        if (i + 1 == expr->nargs) break;
        uint32_t rest = new_sel(c, open);
        emit(c, (Step){ .kind = STEP_SPLIT_NULL, .nargs = 1, .args = one_arg(c, dst), .sel = open, .sel_yes = rest, .expr = expr });
        jumps[njumps++] = emit_jump(c, rest);
        open = rest;
    }
    land_jumps(c, jumps, njumps);
    return dst;
}

static uint32_t compile(Compiler *c, const Expr *expr, uint32_t sel)
{
    bool shared = expr_is_deterministic(expr);
    uint32_t reg = shared ? find_known(c, expr, sel) : NO_REG, first = sel;
    if (reg != NO_REG) return reg;
    switch (expr->kind) {
    case EXPR_CONST: case EXPR_COLUMN: reg = compile_leaf(c, expr); first = 0; break;
    case EXPR_CALL: case EXPR_CAST: reg = compile_call(c, expr, sel); break;
    case EXPR_CASE: reg = compile_case(c, expr, sel); break;
    case EXPR_AND: case EXPR_OR: reg = compile_logical(c, expr, sel); break;
    case EXPR_COALESCE: reg = compile_coalesce(c, expr, sel); break;
    }
    if (reg != NO_REG && shared) { Known known = { expr, first, reg }; ARENA_PUSH(c->arena, c->known, known); }
    return reg;
}

Program *program_compile(Arena *arena, ExprCtx *ctx, Expr *const *exprs, uint32_t n, Err *err)
{
    Compiler c = { .arena = arena, .err = err };
    Program *program = ARENA_NEW(arena, Program);
    uint32_t *outs = ARENA_ARRAY(arena, uint32_t, n + 1);
    const Expr **folded = ARENA_ARRAY(arena, const Expr *, n + 1);
    new_sel(&c, 0);
    for (uint32_t i = 0; i < n; i++) {
        folded[i] = ctx ? expr_fold(ctx, exprs[i], err) : exprs[i];
        if (!folded[i]) return NULL;
        outs[i] = compile(&c, folded[i], 0);
        if (outs[i] == NO_REG) return NULL;
    }
    *program = (Program){ .steps = c.steps.v, .nsteps = c.steps.n, .regs = c.regs.v, .nregs = c.regs.n, .nsels = c.parents.n,
                          .outs = outs, .nouts = n, .exprs = folded };
    return program;
}

bool expr_eval_const(ExprCtx *ctx, const Expr *expr, Datum *out, Err *err)
{
    Arena *arena = arena_new();
    Program *program = program_compile(arena, NULL, (Expr *const *)&expr, 1, err);
    bool ok = program != NULL;
    if (ok) {
        Eval *eval = eval_new(program, ctx->zone, ctx->batch);
        Batch batch = { .len = 1, .arena = arena };
        Vec vec;
        ok = program_eval(program, eval, &batch, &vec, NULL, err);
        if (ok) {
            Datum value = vec_get(&vec, 0);
            *out = datum_copy(ctx->arena, expr->type, &value);
        }
        eval_free(eval);
    }
    arena_free(arena);
    return ok;
}
