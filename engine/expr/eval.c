/* The evaluator: runs a program's steps over one batch. Registers' cells live in buffers that are kept from batch to batch; bytes that values
 * point to live in env.arena, which is reset at each call. One owner thread.
 * Invariant: cells outside a step's selection may hold anything of their type, so text is only followed on selected rows. */
#include "engine/expr/step.h"
#include <stdlib.h>

typedef struct Sel { uint32_t *rows; uint32_t n; bool all; } Sel;      /* all: rows 0..n-1, rows unused */
typedef struct Buffer { void *data; uint64_t *valid; } Buffer;

struct Eval {
    EvalEnv env;
    uint32_t nregs, nsels;
    uint32_t cap;                                /* rows that buffers and selections have room for */
    uint32_t len;                                /* rows of the batch under way */
    Vec *regs; Buffer *buffers;
    Sel *sels; uint32_t **sel_buffers;
    uint32_t bad_row;
    Arena *consts;                               /* cells of the constant registers */
};

Eval *eval_new(const Program *program, const Zone *zone, bool batch)
{
    Eval *eval = xcalloc(1, sizeof *eval);
    eval->env.arena = arena_new();
    eval->env.zone = zone ? zone : zone_utc();
    eval->env.batch = batch;
    eval->env.watermark_us = INT64_MIN;
    eval->nregs = program->nregs;
    eval->nsels = program->nsels;
    eval->regs = xcalloc(program->nregs + 1, sizeof *eval->regs);
    eval->buffers = xcalloc(program->nregs + 1, sizeof *eval->buffers);
    eval->sels = xcalloc(program->nsels + 1, sizeof *eval->sels);
    eval->sel_buffers = xcalloc(program->nsels + 1, sizeof *eval->sel_buffers);
    eval->consts = arena_new();
    for (uint32_t i = 0; i < program->nregs; i++)
        if (program->regs[i].kind == REG_CONST) vec_init_const(&eval->regs[i], eval->consts, program->regs[i].type, program->regs[i].value, 0);
    return eval;
}

static void buffers_free(Eval *eval)
{
    for (uint32_t i = 0; i < eval->nregs; i++) { free(eval->buffers[i].data); free(eval->buffers[i].valid); }
    for (uint32_t i = 0; i < eval->nsels; i++) free(eval->sel_buffers[i]);
}

void eval_free(Eval *eval)
{
    if (!eval) return;
    buffers_free(eval);
    arena_free(eval->env.arena);
    arena_free(eval->consts);
    free(eval->regs);
    free(eval->buffers);
    free(eval->sels);
    free(eval->sel_buffers);
    free(eval);
}

EvalEnv *eval_env(Eval *eval) { return &eval->env; }
uint32_t eval_bad_row(const Eval *eval) { return eval->bad_row; }

static size_t words(uint32_t rows) { return ((size_t)rows + 63) / 64; }

/* --- registers --- */

/* Cells of register `reg`; zeroed when made, so that BOOLEANs are 0 or 1 from the start. */
static void *reg_cells(Eval *eval, uint32_t reg, Phys phys)
{
    if (!eval->buffers[reg].data) eval->buffers[reg].data = xcalloc((size_t)eval->cap + 1, phys_size(phys) < 16 ? phys_size(phys) : 16);
    return eval->buffers[reg].data;
}

static uint64_t *reg_valid(Eval *eval, uint32_t reg)
{
    if (!eval->buffers[reg].valid) eval->buffers[reg].valid = xcalloc(words(eval->cap) + 1, sizeof(uint64_t));
    return eval->buffers[reg].valid;
}

static void reg_flat(Eval *eval, uint32_t reg, const Type *type)
{
    Phys phys = type_phys(type);
    eval->regs[reg] = (Vec){ .type = type, .phys = phys, .form = VEC_FLAT, .len = eval->len, .data = reg_cells(eval, reg, phys) };
}

static uint64_t *all_valid(Eval *eval, uint32_t reg)
{
    uint64_t *valid = reg_valid(eval, reg);
    memset(valid, 0xff, words(eval->len) * sizeof *valid);
    return valid;
}

static void load_regs(Eval *eval, const Program *program, const Batch *in)
{
    for (uint32_t i = 0; i < program->nregs; i++) {
        const Reg *reg = &program->regs[i];
        if (reg->kind == REG_COLUMN) eval->regs[i] = in->cols[reg->column];
        else if (reg->kind == REG_CONST) eval->regs[i].len = eval->len;
    }
}

/* --- selections --- */

static uint32_t sel_row(const Sel *sel, uint32_t k) { return sel->all ? k : sel->rows[k]; }
static const uint32_t *sel_rows(const Sel *sel) { return sel->all ? NULL : sel->rows; }

static uint32_t *sel_buffer(Eval *eval, uint32_t sel)
{
    if (!eval->sel_buffers[sel]) eval->sel_buffers[sel] = xmalloc(((size_t)eval->cap + 1) * sizeof(uint32_t));
    return eval->sel_buffers[sel];
}

static void sel_close(Eval *eval, uint32_t sel, uint32_t n) { eval->sels[sel] = (Sel){ eval->sel_buffers[sel], n, n == eval->len }; }

static bool is_true(const Vec *vec, uint32_t row)
{
    uint32_t cell = vec_cell(vec, row);
    return ((const uint8_t *)vec->data)[cell] && (!vec->valid || bit_get(vec->valid, cell));
}

static void split_true(Eval *eval, const Step *step)
{
    const Vec *cond = &eval->regs[step->args[0]];
    const Sel *from = &eval->sels[step->sel];
    uint32_t *yes = sel_buffer(eval, step->sel_yes), *no = sel_buffer(eval, step->sel_no), nyes = 0, nno = 0;
    for (uint32_t k = 0; k < from->n; k++) {
        uint32_t row = sel_row(from, k);
        bool hit = is_true(cond, row);
        yes[nyes] = row;
        nyes += hit;
        no[nno] = row;
        nno += !hit;
    }
    sel_close(eval, step->sel_yes, nyes);
    sel_close(eval, step->sel_no, nno);
}

static bool stays_open(StepKind kind, const Vec *vec, uint32_t row)
{
    bool null = vec_is_null(vec, row);
    if (kind == STEP_SPLIT_NULL || null) return null;
    bool value = ((const uint8_t *)vec->data)[vec_cell(vec, row)];
    return kind == STEP_SPLIT_OPEN_AND ? value : !value;
}

static void split_open(Eval *eval, const Step *step)
{
    const Vec *vec = &eval->regs[step->args[0]];
    const Sel *from = &eval->sels[step->sel];
    uint32_t *yes = sel_buffer(eval, step->sel_yes), n = 0;
    for (uint32_t k = 0; k < from->n; k++) {
        uint32_t row = sel_row(from, k);
        yes[n] = row;
        n += stays_open(step->kind, vec, row);
    }
    sel_close(eval, step->sel_yes, n);
}

/* --- calls --- */

bool rows_by_body(const FuncCall *call, EvalEnv *env, FuncBody *body, const Vec *args, uint32_t nargs, bool strict, const uint32_t *sel, uint32_t n,
                  Vec *out, uint32_t *bad_row, Err *err)
{
    Datum *values = ARENA_ARRAY(env->arena, Datum, nargs + 1);
    for (uint32_t i = 0; i < nargs; i++)
        if (args[i].form == VEC_CONST) values[i] = vec_get(&args[i], 0);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t row = sel ? sel[k] : k;
        if (strict && out->valid && !bit_get(out->valid, row)) continue;
        for (uint32_t i = 0; i < nargs; i++)
            if (args[i].form != VEC_CONST) values[i] = vec_get(&args[i], row);
        Datum result;
        memset(&result, 0, sizeof result);
        if (!body(call, env, values, &result, err)) { *bad_row = row; return false; }
        vec_set(out, env->arena, out->len, row, &result);
    }
    return true;
}

/* Arguments as FLAT or CONST; a DICT column is flattened once and stays so. */
static void gather_args(Eval *eval, const Step *step, Vec *args)
{
    for (uint32_t i = 0; i < step->nargs; i++) {
        Vec *reg = &eval->regs[step->args[i]];
        if (reg->form == VEC_DICT) {
            Vec flat;
            vec_flatten(&flat, eval->env.arena, reg);
            *reg = flat;
        }
        args[i] = *reg;
    }
}

/* Validity of a strict call: AND over the arguments. False when a constant NULL makes every row NULL. */
static bool strict_valid(Eval *eval, const Step *step, const Vec *args)
{
    uint64_t *valid = NULL;
    for (uint32_t i = 0; i < step->nargs; i++) {
        if (!args[i].valid) continue;
        if (args[i].form == VEC_CONST) {
            if (!bit_get(args[i].valid, 0)) return false;
            continue;
        }
        if (!valid) {
            valid = reg_valid(eval, step->dst);
            memcpy(valid, args[i].valid, words(eval->len) * sizeof *valid);
        } else
            for (size_t w = 0; w < words(eval->len); w++) valid[w] &= args[i].valid[w];
    }
    eval->regs[step->dst].valid = valid;
    return true;
}

static bool run_body_once(Eval *eval, const Step *step, const Vec *args, Err *err);

static bool all_const(const Vec *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (args[i].form != VEC_CONST) return false;
    return true;
}

static bool run_call(Eval *eval, const Step *step, Err *err)
{
    const FuncDef *func = step->expr->func;
    const Sel *sel = &eval->sels[step->sel];
    Vec *args = ARENA_ARRAY(eval->env.arena, Vec, step->nargs + 1);
    bool strict = func->flags & FN_STRICT;
    gather_args(eval, step, args);
    reg_flat(eval, step->dst, step->expr->type);
    Vec *out = &eval->regs[step->dst];
    if (sel->n == 0 || (strict && !strict_valid(eval, step, args))) {
        vec_init_const(out, eval->env.arena, step->expr->type, datum_null(), eval->len);
        return true;
    }
    if (!(func->flags & FN_VOLATILE) && all_const(args, step->nargs)) return run_body_once(eval, step, args, err);
    if (func->kernel) return func->kernel(&step->call, &eval->env, args, sel_rows(sel), sel->n, out, &eval->bad_row, err);
    return rows_by_body(&step->call, &eval->env, func->body, args, step->nargs, strict, sel_rows(sel), sel->n, out, &eval->bad_row, err);
}

/* Constant arguments: one evaluation serves all rows. */
static bool run_body_once(Eval *eval, const Step *step, const Vec *args, Err *err)
{
    Datum *values = ARENA_ARRAY(eval->env.arena, Datum, step->nargs + 1), result;
    for (uint32_t i = 0; i < step->nargs; i++) values[i] = vec_get(&args[i], 0);
    memset(&result, 0, sizeof result);
    const FuncDef *func = step->expr->func;
    if (func->body) {
        if (!func->body(&step->call, &eval->env, values, &result, err)) { eval->bad_row = sel_row(&eval->sels[step->sel], 0); return false; }
    } else {
        const Sel *sel = &eval->sels[step->sel];
        return func->kernel(&step->call, &eval->env, args, sel_rows(sel), sel->n, &eval->regs[step->dst], &eval->bad_row, err);
    }
    vec_init_const(&eval->regs[step->dst], eval->env.arena, step->expr->type, result, eval->len);
    return true;
}

/* --- casts --- */

/* One value; a TRY_CAST turns failure into NULL, save the one kind Flink lets through. */
static bool cast_one(Eval *eval, const Step *step, const Datum *in, Datum *out, Err *err)
{
    if (cast_value(step->cast, &eval->env, in, out, err)) return true;
    if (!step->expr->try_cast || cast_fails_hard(step->cast)) return false;
    err_clear(err);
    *out = datum_null();
    return true;
}

static bool run_cast(Eval *eval, const Step *step, Err *err)
{
    Vec arg;
    const Sel *sel = &eval->sels[step->sel];
    gather_args(eval, step, &arg);
    reg_flat(eval, step->dst, step->expr->type);
    Vec *out = &eval->regs[step->dst];
    if (sel->n == 0 || !strict_valid(eval, step, &arg)) {
        vec_init_const(out, eval->env.arena, step->expr->type, datum_null(), eval->len);
        return true;
    }
    if (arg.form == VEC_CONST) {
        Datum in = vec_get(&arg, 0), value;
        if (!cast_one(eval, step, &in, &value, err)) { eval->bad_row = sel_row(sel, 0); return false; }
        vec_init_const(out, eval->env.arena, step->expr->type, value, eval->len);
        return true;
    }
    if (step->cast_kernel && arg.form == VEC_FLAT) { step->cast_kernel(out->data, arg.data, eval->len); return true; }
    for (uint32_t k = 0; k < sel->n; k++) {
        if (step->cast->rows && arg.form == VEC_FLAT) k = step->cast->rows(step->cast, &eval->env, &arg, sel_rows(sel), k, sel->n, out);
        if (k == sel->n) break;
        uint32_t row = sel_row(sel, k);
        if (out->valid && !bit_get(out->valid, row)) continue;
        Datum in = vec_get(&arg, row), value;
        if (!cast_one(eval, step, &in, &value, err)) { eval->bad_row = row; return false; }
        vec_set(out, eval->env.arena, eval->len, row, &value);
    }
    return true;
}

/* --- dictionaries: a call whose only varying argument is a DICT is computed once per entry in use --- */

typedef bool StepRun(Eval *eval, const Step *step, Err *err);

/* The register of the only argument that is not CONST, if it is a DICT with few entries for the rows; NULL otherwise. */
static Vec *dict_arg(Eval *eval, const Step *step)
{
    Vec *only = NULL;
    if (step->kind == STEP_CALL && step->expr->func->flags & FN_VOLATILE) return NULL;
    for (uint32_t i = 0; i < step->nargs; i++) {
        Vec *arg = &eval->regs[step->args[i]];
        if (arg->form == VEC_CONST) continue;
        if (only && only != arg) return NULL;
        only = arg;
    }
    bool few = only && only->form == VEC_DICT && only->dict_len <= eval->sels[step->sel].n / 2;
    return few ? only : NULL;
}

static Sel entries_in_use(Eval *eval, const Vec *dict, const Sel *sel)
{
    uint8_t *used = ARENA_ARRAY(eval->env.arena, uint8_t, dict->dict_len + 1);
    uint32_t *entries = ARENA_ARRAY(eval->env.arena, uint32_t, dict->dict_len + 1), n = 0;
    for (uint32_t k = 0; k < sel->n; k++) used[dict->dict_idx[sel_row(sel, k)]] = 1;
    for (uint32_t e = 0; e < dict->dict_len; e++) {
        entries[n] = e;
        n += used[e];
    }
    return (Sel){ entries, n, n == dict->dict_len };
}

static void bad_entry_to_row(Eval *eval, const Vec *dict, const Sel *sel)
{
    uint32_t k = 0;
    while (k + 1 < sel->n && dict->dict_idx[sel_row(sel, k)] != eval->bad_row) k++;
    eval->bad_row = sel_row(sel, k);
}

/* For the time of the call the batch is the dictionary: its entries as a FLAT vector, the entries in use as the selection. */
static bool run_over_entries(Eval *eval, const Step *step, Vec *arg, StepRun *run_it, Err *err)
{
    const Vec dict = *arg;
    const Sel sel = eval->sels[step->sel];
    uint32_t len = eval->len;
    eval->sels[step->sel] = entries_in_use(eval, &dict, &sel);
    eval->len = dict.dict_len;
    arg->form = VEC_FLAT;
    arg->len = dict.dict_len;
    arg->dict_idx = NULL;
    bool ok = run_it(eval, step, err);
    *arg = dict;
    eval->sels[step->sel] = sel;
    eval->len = len;
    if (!ok) { bad_entry_to_row(eval, &dict, &sel); return false; }
    Vec *out = &eval->regs[step->dst];
    out->len = len;
    if (out->form != VEC_FLAT) return true;
    out->form = VEC_DICT;
    out->dict_idx = dict.dict_idx;
    out->dict_len = dict.dict_len;
    return true;
}

static bool run_maybe_dict(Eval *eval, const Step *step, StepRun *run_it, Err *err)
{
    Vec *arg = dict_arg(eval, step);
    return arg ? run_over_entries(eval, step, arg, run_it, err) : run_it(eval, step, err);
}

/* --- merging --- */

static void begin(Eval *eval, const Step *step) { reg_flat(eval, step->dst, step->expr->type); }

#define MERGE_ROWS(T) { T *d = dst->data; const T *s = src->data; \
    for (uint32_t k = 0; k < sel->n; k++) { uint32_t row = sel_row(sel, k); d[row] = s[vec_cell(src, row)]; } break; }

static void merge_cells(Vec *dst, const Vec *src, const Sel *sel)
{
    if (sel->all && src->form == VEC_FLAT) { memcpy(dst->data, src->data, (size_t)sel->n * phys_size(dst->phys)); return; }
    if (sel->all && src->form == VEC_CONST) { fill_cells(dst->data, src->data, sel->n, phys_size(dst->phys)); return; }
    switch (phys_size(dst->phys)) {
    case 1: MERGE_ROWS(uint8_t)
    case 2: MERGE_ROWS(uint16_t)
    case 4: MERGE_ROWS(uint32_t)
    case 8: MERGE_ROWS(uint64_t)
    default: MERGE_ROWS(i128)
    }
}

static void merge(Eval *eval, const Step *step)
{
    Vec *dst = &eval->regs[step->dst];
    const Vec *src = &eval->regs[step->args[0]];
    const Sel *sel = &eval->sels[step->sel];
    if (src->valid && !dst->valid) dst->valid = all_valid(eval, step->dst);
    merge_cells(dst, src, sel);
    if (!dst->valid) return;
    if (sel->all && src->form == VEC_FLAT && src->valid) { memcpy(dst->valid, src->valid, words(sel->n) * sizeof *dst->valid); return; }
    for (uint32_t k = 0; k < sel->n; k++) {
        uint32_t row = sel_row(sel, k);
        if (vec_is_null(src, row)) bit_clear(dst->valid, row);
        else bit_set(dst->valid, row);
    }
}

/* Cells outside the selection are blended like the others: what they hold is nobody's business. */
static void blend(Eval *eval, const Step *step)
{
    Vec args[2], *dst = &eval->regs[step->dst];
    gather_args(eval, step, args);
    uint8_t *cond = arena_alloc(eval->env.arena, (size_t)eval->len + 1);
    if (args[0].form == VEC_FLAT) condition_bytes(cond, args[0].data, args[0].valid, eval->len);
    else memset(cond, is_true(&args[0], 0), eval->len);
    bool fixed = args[1].form == VEC_CONST;
    if (args[1].valid && !dst->valid) dst->valid = all_valid(eval, step->dst);
    blend_cells(dst->data, args[1].data, fixed, cond, eval->len, phys_size(dst->phys));
    if (dst->valid) blend_valid(dst->valid, args[1].valid, fixed, cond, eval->len);
}

/* --- three-valued logic --- */

/* Value and validity of one row of AND (decider FALSE) or OR (decider TRUE). */
static void kleene_row(Vec *dst, const Vec *src, uint32_t row, bool decider)
{
    uint8_t *d = dst->data;
    uint32_t cell = vec_cell(src, row);
    bool a_null = dst->valid && !bit_get(dst->valid, row), b_null = src->valid && !bit_get(src->valid, cell);
    bool a = d[row], b = ((const uint8_t *)src->data)[cell];
    bool decided = (!a_null && a == decider) || (!b_null && b == decider);
    d[row] = decided ? decider : !decider;
    if (!dst->valid) return;
    if (decided || (!a_null && !b_null)) bit_set(dst->valid, row);
    else bit_clear(dst->valid, row);
}

static void kleene(Eval *eval, const Step *step, bool decider)
{
    Vec *dst = &eval->regs[step->dst];
    const Vec *src = &eval->regs[step->args[0]];
    const Sel *sel = &eval->sels[step->sel];
    if (src->valid && !dst->valid) dst->valid = all_valid(eval, step->dst);
    if (step->dense && src->form == VEC_FLAT) { kleene_dense(decider, dst->data, dst->valid, src->data, src->valid, dst->valid, eval->len); return; }
    for (uint32_t k = 0; k < sel->n; k++) kleene_row(dst, src, sel_row(sel, k), decider);
}

/* --- running --- */

static bool run_step(Eval *eval, const Step *step, uint32_t *at, Err *err)
{
    switch (step->kind) {
    case STEP_CALL: return run_maybe_dict(eval, step, run_call, err);
    case STEP_CAST: return run_maybe_dict(eval, step, run_cast, err);
    case STEP_BEGIN: begin(eval, step); return true;
    case STEP_MERGE: merge(eval, step); return true;
    case STEP_BLEND: blend(eval, step); return true;
    case STEP_SPLIT_TRUE: split_true(eval, step); return true;
    case STEP_SPLIT_NULL: case STEP_SPLIT_OPEN_AND: case STEP_SPLIT_OPEN_OR: split_open(eval, step); return true;
    case STEP_JUMP_EMPTY: if (eval->sels[step->sel].n == 0) *at = step->jump - 1; return true;
    case STEP_KLEENE_AND: kleene(eval, step, false); return true;
    case STEP_KLEENE_OR: kleene(eval, step, true); return true;
    }
    return true;
}

static void prepare_batch(Eval *eval, const Program *program, const Batch *in)
{
    if (in->len > eval->cap) {
        buffers_free(eval);
        memset(eval->buffers, 0, sizeof *eval->buffers * eval->nregs);
        memset(eval->sel_buffers, 0, sizeof *eval->sel_buffers * eval->nsels);
        eval->cap = in->len < BATCH_ROWS && in->len > 1 ? BATCH_ROWS : in->len;
    }
    arena_reset(eval->env.arena);
    eval->len = in->len;
    eval->sels[0] = (Sel){ (uint32_t *)in->sel, batch_live(in), in->sel == NULL };
    load_regs(eval, program, in);
}

static bool run(const Program *program, Eval *eval, const Batch *in, uint32_t *bad_row, Err *err)
{
    prepare_batch(eval, program, in);
    for (uint32_t at = 0; at < program->nsteps; at++) {
        const Step *step = &program->steps[at];
        if (run_step(eval, step, &at, err)) continue;
        if (step->expr) expr_blame(step->expr, err);
        if (bad_row) *bad_row = eval->bad_row;
        return false;
    }
    return true;
}

bool program_eval(const Program *program, Eval *eval, const Batch *in, Vec *out, uint32_t *bad_row, Err *err)
{
    if (!run(program, eval, in, bad_row, err)) return false;
    for (uint32_t i = 0; i < program->nouts; i++) {
        const Reg *reg = &program->regs[program->outs[i]];
        out[i] = reg->kind == REG_COLUMN ? in->cols[reg->column] : eval->regs[program->outs[i]];
        out[i].type = program->exprs[i]->type;
        out[i].len = in->len;
    }
    return true;
}

bool program_select(const Program *program, Eval *eval, uint32_t index, const Batch *in, uint32_t *sel, uint32_t *sel_len, Err *err)
{
    if (!run(program, eval, in, NULL, err)) return false;
    const Vec *cond = &eval->regs[program->outs[index]];
    const Sel *from = &eval->sels[0];
    uint32_t n = 0;
    if (from->all && cond->form == VEC_FLAT) n = true_rows(cond->data, cond->valid, from->n, sel);
    else
        for (uint32_t k = 0; k < from->n; k++) {
            uint32_t row = sel_row(from, k);
            sel[n] = row;
            n += is_true(cond, row);
        }
    *sel_len = n;
    return true;
}
