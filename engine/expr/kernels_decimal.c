/* DECIMAL + - * over vectors, and / % a row at a time without boxes. Unscaled values of 64 bits multiply and add up within 128 bits, so most rows
 * need a product and a look at the precision; the others go through decimal.h. Overflow is NULL. Stateless. */
#include "engine/expr/kernels.h"
#include "engine/type/decimal.h"

typedef struct Site { i128 limit; uint32_t sa, sb, p, s; int64_t ka, kb; } Site;   /* ka, kb: what brings a sum's sides to one scale; 0 = no short way */

static Site site_of(DecimalOp op, const FuncCall *call)
{
    const Type *to = call->expr->type;
    Site site = { .sa = call->expr->args[0]->type->scale, .sb = call->expr->args[1]->type->scale, .p = to->precision, .s = to->scale, .limit = decimal_pow10[to->precision] };
    uint32_t scale = site.sa > site.sb ? site.sa : site.sb;
    if (op == DECIMAL_MUL) site.ka = site.sa + site.sb == site.s;
    else if (scale == site.s && scale - site.sa <= 18 && scale - site.sb <= 18) {
        site.ka = (int64_t)decimal_pow10[scale - site.sa];
        site.kb = (int64_t)decimal_pow10[scale - site.sb];
    }
    return site;
}

static bool apply(DecimalOp op, const Site *site, i128 a, i128 b, i128 *out)
{
    switch (op) {
    case DECIMAL_ADD: return decimal_add(a, site->sa, b, site->sb, site->p, site->s, out);
    case DECIMAL_SUB: return decimal_sub(a, site->sa, b, site->sb, site->p, site->s, out);
    case DECIMAL_MUL: return decimal_mul(a, site->sa, b, site->sb, site->p, site->s, out);
    case DECIMAL_DIV: return decimal_div(a, site->sa, b, site->sb, site->p, site->s, out);
    case DECIMAL_MOD: return decimal_mod(a, site->sa, b, site->sb, site->p, site->s, out);
    }
    return false;
}

/* |a|, |b| < 2^63 and ka, kb <= 10^18: neither products nor their sum leave 128 bits. */
static inline bool short_way(DecimalOp op, const Site *site, int64_t a, int64_t b, i128 *out)
{
    i128 v = op == DECIMAL_MUL ? (i128)a * b : op == DECIMAL_ADD ? (i128)a * site->ka + (i128)b * site->kb : (i128)a * site->ka - (i128)b * site->kb;
    *out = v;
    return v < site->limit && v > -site->limit;
}

static void set_null(EvalEnv *env, Vec *out, uint32_t row)
{
    vec_need_valid(out, env->arena, out->len);
    bit_clear(out->valid, row);
}

static inline void all_rows(DecimalOp op, const Site *site, EvalEnv *env, const Vec *va, const Vec *vb, Vec *out)
{
    const i128 *a = va->data, *b = vb->data;
    i128 *restrict r = out->data;
    const bool ca = va->form == VEC_CONST, cb = vb->form == VEC_CONST;
    for (uint32_t i = 0, len = out->len; i < len; i++) {
        i128 x = a[ca ? 0 : i], y = b[cb ? 0 : i];
        bool words = (int64_t)x == x && (int64_t)y == y;
        if (!(words ? short_way(op, site, (int64_t)x, (int64_t)y, &r[i]) : apply(op, site, x, y, &r[i]))) set_null(env, out, i);
    }
}

static bool selected_rows(DecimalOp op, const Site *site, EvalEnv *env, const Vec *va, const Vec *vb, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row)
{
    const i128 *a = va->data, *b = vb->data;
    i128 *r = out->data;
    bool ca = va->form == VEC_CONST, cb = vb->form == VEC_CONST;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = sel ? sel[k] : k;
        if (out->valid && !bit_get(out->valid, i)) continue;
        i128 x = a[ca ? 0 : i], y = b[cb ? 0 : i];
        if (op >= DECIMAL_DIV && y == 0) { *bad_row = i; return false; }
        if (!apply(op, site, x, y, &r[i])) set_null(env, out, i);
    }
    return true;
}

bool kernel_decimal(DecimalOp op, const FuncCall *call, EvalEnv *env, const Vec *args, const uint32_t *sel, uint32_t n, Vec *out, uint32_t *bad_row)
{
    const Site site = site_of(op, call);
    if (!site.ka || op >= DECIMAL_DIV) return selected_rows(op, &site, env, &args[0], &args[1], sel, n, out, bad_row);
    if (op == DECIMAL_ADD) all_rows(DECIMAL_ADD, &site, env, &args[0], &args[1], out);
    else if (op == DECIMAL_SUB) all_rows(DECIMAL_SUB, &site, env, &args[0], &args[1], out);
    else all_rows(DECIMAL_MUL, &site, env, &args[0], &args[1], out);
    return true;
}
