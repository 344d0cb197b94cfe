/* Canonical text of a syntax tree, laid out as Flink prints stored queries: clauses on lines of their own, parentheses only
 * where precedence asks for them. Invariant: it parses back to an equal tree. Equality of trees is equality of this text.
 * Pure; output goes to the caller's buffer. */
#include "parser/parse.h"

#include <ctype.h>

/* Precedence classes; || mixes with nothing without parentheses. */
enum { P_OR = 1, P_AND, P_NOT, P_PREDICATE, P_SUM, P_PRODUCT, P_UNARY, P_PRIMARY };

typedef struct Printer { StrBuf *out; bool quote_all; } Printer;

static void print_expr(const Printer *p, const Ast *ast, int least);
static void print_query(const Printer *p, const AstQuery *query);

static void put(const Printer *p, const char *text)
{
    strbuf_addz(p->out, text);
}

/* --- names and literals --- */

static bool plain_word(Str name)
{
    if (!name.len || isdigit((unsigned char)name.ptr[0])) return false;
    for (uint32_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.ptr[i]) && name.ptr[i] != '_' && (unsigned char)name.ptr[i] < 128) return false;
    return true;
}

static void print_name(const Printer *p, Str name)
{
    if (!p->quote_all && plain_word(name) && !word_reserved(name)) {
        strbuf_adds(p->out, name);
        return;
    }
    strbuf_addc(p->out, '`');
    for (uint32_t i = 0; i < name.len; i++) {
        strbuf_addc(p->out, name.ptr[i]);
        if (name.ptr[i] == '`') strbuf_addc(p->out, '`');
    }
    strbuf_addc(p->out, '`');
}

static void print_path(const Printer *p, const Path *path)
{
    for (uint32_t i = 0; i < path->n; i++) {
        if (i) put(p, ".");
        print_name(p, path->part[i].name);
    }
}

static void print_names(const Printer *p, const IdentList *names)
{
    put(p, "(");
    for (uint32_t i = 0; i < names->n; i++) {
        if (i) put(p, ", ");
        print_name(p, names->v[i].name);
    }
    put(p, ")");
}

static void print_string(const Printer *p, Str text)
{
    strbuf_addc(p->out, '\'');
    for (uint32_t i = 0; i < text.len; i++) {
        strbuf_addc(p->out, text.ptr[i]);
        if (text.ptr[i] == '\'') strbuf_addc(p->out, '\'');
    }
    strbuf_addc(p->out, '\'');
}

static void print_units(const Printer *p, Str from, Str to, int32_t prec, int32_t frac)
{
    strbuf_adds(p->out, from);
    bool only_seconds = !to.len && frac > 0;
    if (prec > 0 && only_seconds) strbuf_addf(p->out, "(%d, %d)", (int)prec, (int)frac);
    else if (prec > 0) strbuf_addf(p->out, "(%d)", (int)prec);
    if (!to.len) return;
    strbuf_addf(p->out, " TO %.*s", STR_ARG(to));
    if (frac > 0) strbuf_addf(p->out, "(%d)", (int)frac);
}

static void print_literal(const Printer *p, const Ast *ast)
{
    Str text = ast->u.lit.text;
    switch (ast->u.lit.kind) {
    case LIT_NULL: put(p, "NULL"); return;
    case LIT_TRUE: put(p, "TRUE"); return;
    case LIT_FALSE: put(p, "FALSE"); return;
    case LIT_UNKNOWN: put(p, "UNKNOWN"); return;
    case LIT_DEFAULT: put(p, "DEFAULT"); return;
    case LIT_INTEGER: case LIT_DECIMAL: case LIT_DOUBLE: strbuf_adds(p->out, text); return;
    case LIT_STRING: print_string(p, text); return;
    case LIT_BINARY:
        put(p, "X'");
        for (uint32_t i = 0; i < text.len; i++) strbuf_addf(p->out, "%02X", (unsigned)(unsigned char)text.ptr[i]);
        put(p, "'");
        return;
    case LIT_DATE: put(p, "DATE "); print_string(p, text); return;
    case LIT_TIME: put(p, "TIME "); print_string(p, text); return;
    case LIT_TIMESTAMP: put(p, "TIMESTAMP "); print_string(p, text); return;
    case LIT_TIMESTAMP_LTZ: put(p, "TIMESTAMP WITH LOCAL TIME ZONE "); print_string(p, text); return;
    case LIT_INTERVAL:
        put(p, ast->u.lit.negative ? "INTERVAL -" : "INTERVAL ");
        print_string(p, text);
        put(p, " ");
        print_units(p, ast->u.lit.unit_from, ast->u.lit.unit_to, ast->u.lit.unit_prec, ast->u.lit.unit_frac);
        return;
    }
}

/* --- types --- */

static void print_type(const Printer *p, const AstType *type)
{
    bool multiset_or_array = str_is(type->name, "ARRAY") || str_is(type->name, "MULTISET");
    if (type->user) print_path(p, &type->path);
    else strbuf_adds(p->out, type->name);
    if (multiset_or_array || str_is(type->name, "MAP")) {
        put(p, "<");
        if (type->key) print_type(p, type->key), put(p, ", ");
        if (type->elem) print_type(p, type->elem);
        put(p, ">");
    } else if (str_is(type->name, "ROW") || str_is(type->name, "STRUCTURED")) {
        put(p, "<");
        if (type->class_name.len) print_string(p, type->class_name);
        for (uint32_t i = 0; i < type->nfields; i++) {
            if (i || type->class_name.len) put(p, ", ");
            print_name(p, type->fields[i].name.name);
            put(p, " ");
            print_type(p, type->fields[i].type);
            if (type->fields[i].comment.len) put(p, " "), print_string(p, type->fields[i].comment);
        }
        put(p, ">");
    } else if (str_is(type->name, "RAW")) {
        put(p, "("), print_string(p, type->class_name), put(p, ", "), print_string(p, type->raw_text), put(p, ")");
    } else if (str_is(type->name, "INTERVAL")) {
        put(p, " ");
        print_units(p, type->unit_from, type->unit_to, type->arg[0], type->arg[1]);
    } else if (type->arg[0] >= 0) {
        strbuf_addf(p->out, "(%d", (int)type->arg[0]);
        if (type->arg[1] >= 0) strbuf_addf(p->out, ", %d", (int)type->arg[1]);
        put(p, ")");
    }
    if (type->not_null) put(p, " NOT NULL");
    else if (type->null_given) put(p, " NULL");
}

/* --- expressions --- */

static void print_list(const Printer *p, const AstList *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        if (i) put(p, ", ");
        print_expr(p, list->v[i], 0);
    }
}

static void print_orders(const Printer *p, const OrderList *orders)
{
    for (uint32_t i = 0; i < orders->n; i++) {
        const AstOrder *order = &orders->v[i];
        if (i) put(p, ", ");
        print_expr(p, order->expr, 0);
        if (order->desc) put(p, " DESC");
        if (order->nulls != NULLS_DEFAULT) put(p, order->nulls == NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST");
    }
}

static void print_bound(const Printer *p, const AstBound *bound)
{
    switch (bound->kind) {
    case BOUND_UNBOUNDED_PRECEDING: put(p, "UNBOUNDED PRECEDING"); return;
    case BOUND_CURRENT: put(p, "CURRENT ROW"); return;
    case BOUND_UNBOUNDED_FOLLOWING: put(p, "UNBOUNDED FOLLOWING"); return;
    case BOUND_PRECEDING: case BOUND_FOLLOWING:
        print_expr(p, bound->amount, P_SUM);
        put(p, bound->kind == BOUND_PRECEDING ? " PRECEDING" : " FOLLOWING");
        return;
    }
}

/* The inside of OVER ( ) and WINDOW w AS ( ). */
static void print_window(const Printer *p, const AstWindow *window)
{
    const char *blank = "";
    if (window->base.name.len) print_name(p, window->base.name), blank = " ";
    if (window->partition.n) {
        strbuf_addf(p->out, "%sPARTITION BY ", blank);
        print_list(p, &window->partition);
        blank = " ";
    }
    if (window->order.n) {
        strbuf_addf(p->out, "%sORDER BY ", blank);
        print_orders(p, &window->order);
        blank = " ";
    }
    if (window->unit == FRAME_NONE) return;
    strbuf_addf(p->out, "%s%s BETWEEN ", blank, window->unit == FRAME_ROWS ? "ROWS" : "RANGE");
    print_bound(p, &window->start);
    put(p, " AND ");
    print_bound(p, &window->end);
}

static bool only_name(const AstWindow *window)
{
    return window->named && window->base.name.len && !window->partition.n && !window->order.n && window->unit == FRAME_NONE;
}

static void print_call_name(const Printer *p, const Ast *ast)
{
    const Path *name = &ast->u.call.name;
    if (name->n == 1 && !name->part[0].quoted && plain_word(name->part[0].name)) {
        Str word = name->part[0].name;
        for (uint32_t i = 0; i < word.len; i++) strbuf_addc(p->out, (char)toupper((unsigned char)word.ptr[i]));
        return;
    }
    print_path(p, name);
}

static bool is_call(const Ast *ast, const char *name)
{
    return ast->u.call.name.n == 1 && str_iis(ast->u.call.name.part[0].name, name);
}

static bool symbol_at(const Ast *ast, uint32_t i)
{
    return i < ast->u.call.args.n && ast->u.call.args.v[i]->kind == AST_SYMBOL;
}

static void print_arg(const Printer *p, const Ast *ast, uint32_t i)
{
    print_expr(p, ast->u.call.args.v[i], 0);
}

static bool symbol_is(const Ast *ast, const char *word)
{
    return ast->kind == AST_SYMBOL && str_is(ast->u.symbol, word);
}

/* The value of a clause of JSON_VALUE, JSON_QUERY, JSON_EXISTS. */
static void print_json_clause(const Printer *p, const Ast *clause, const Ast *value)
{
    if (symbol_is(clause, "RETURNING")) {
        put(p, " RETURNING "), print_type(p, value->u.cast.type);
    } else if (symbol_is(clause, "WRAPPER")) {
        put(p, symbol_is(value, "WITHOUT") ? " WITHOUT" : symbol_is(value, "CONDITIONAL") ? " WITH CONDITIONAL" : " WITH UNCONDITIONAL"), put(p, " ARRAY WRAPPER");
    } else {
        if (symbol_is(value, "EMPTY_ARRAY")) put(p, " EMPTY ARRAY");
        else if (symbol_is(value, "EMPTY_OBJECT")) put(p, " EMPTY OBJECT");
        else put(p, value->kind == AST_SYMBOL ? " " : " DEFAULT "), print_expr(p, value, 0);
        put(p, symbol_is(clause, "ON_EMPTY") ? " ON EMPTY" : " ON ERROR");
    }
}

static void print_json_input(const Printer *p, const Ast *ast)
{
    bool format = ast->kind == AST_CALL && is_call(ast, "FORMAT_JSON") && ast->u.call.args.n == 1;
    print_expr(p, format ? ast->u.call.args.v[0] : ast, 0);
    if (format) put(p, " FORMAT JSON");
}

/* JSON functions: clauses and NULL handling stand behind the arguments (see their grammar rules). */
static bool print_json(const Printer *p, const Ast *ast)
{
    const AstList *args = &ast->u.call.args;
    if (is_call(ast, "JSON_VALUE") || is_call(ast, "JSON_QUERY") || is_call(ast, "JSON_EXISTS")) {
        if (args->n < 2) return false;
        print_json_input(p, args->v[0]), put(p, ", "), print_expr(p, args->v[1], 0);
        for (uint32_t i = 2; i + 1 < args->n; i += 2) print_json_clause(p, args->v[i], args->v[i + 1]);
        return true;
    }
    bool object = is_call(ast, "JSON_OBJECT") || is_call(ast, "JSON_OBJECTAGG"), array = is_call(ast, "JSON_ARRAY") || is_call(ast, "JSON_ARRAYAGG");
    if (!object && !array) return false;
    uint32_t n = args->n;
    const Ast *nulls = n && args->v[n - 1]->kind == AST_SYMBOL ? args->v[--n] : NULL;
    for (uint32_t i = 0; i < n; i++) {
        bool key = object && i % 2 == 0;
        if (i) put(p, object && !key ? " VALUE " : ", ");
        if (key) put(p, "KEY ");
        print_json_input(p, args->v[i]);
    }
    if (ast->u.call.order.n) put(p, " ORDER BY "), print_orders(p, &ast->u.call.order);
    if (nulls) put(p, n ? " " : ""), put(p, symbol_is(nulls, "NULL_ON_NULL") ? "NULL ON NULL" : "ABSENT ON NULL");
    return true;
}

/* Calls with a syntax of their own; true when the call was one. Arguments between the parentheses. */
static bool print_special(const Printer *p, const Ast *ast)
{
    uint32_t n = ast->u.call.args.n;
    if (print_json(p, ast)) return true;
    if (n == 3 && symbol_at(ast, 1) && symbol_is(ast->u.call.args.v[1], "USING")) {
        print_arg(p, ast, 0), put(p, " USING "), print_arg(p, ast, 2);
        return true;
    }
    if (is_call(ast, "EXTRACT") && n == 2 && symbol_at(ast, 0)) {
        print_arg(p, ast, 0), put(p, " FROM "), print_arg(p, ast, 1);
        return true;
    }
    if ((is_call(ast, "CEIL") || is_call(ast, "FLOOR") || is_call(ast, "CEILING")) && n == 2 && symbol_at(ast, 1)) {
        print_arg(p, ast, 0), put(p, " TO "), print_arg(p, ast, 1);
        return true;
    }
    if (is_call(ast, "TRIM") && n == 3 && symbol_at(ast, 0)) {
        const Ast *chars = ast->u.call.args.v[1];
        print_arg(p, ast, 0), put(p, " ");
        if (chars->kind != AST_LITERAL || chars->u.lit.kind != LIT_NULL) print_arg(p, ast, 1), put(p, " ");
        put(p, "FROM "), print_arg(p, ast, 2);
        return true;
    }
    if (is_call(ast, "POSITION") && n >= 2) {
        print_expr(p, ast->u.call.args.v[0], P_SUM), put(p, " IN "), print_arg(p, ast, 1);
        if (n > 2) put(p, " FROM "), print_arg(p, ast, 2);
        return true;
    }
    if (is_call(ast, "OVERLAY") && n >= 3) {
        print_arg(p, ast, 0), put(p, " PLACING "), print_arg(p, ast, 1), put(p, " FROM "), print_arg(p, ast, 2);
        if (n > 3) put(p, " FOR "), print_arg(p, ast, 3);
        return true;
    }
    return false;
}

static void print_call(const Printer *p, const Ast *ast)
{
    if (is_call(ast, "$WHEN_ANY")) {
        print_list(p, &ast->u.call.args);
        return;
    }
    if ((is_call(ast, "RUNNING") || is_call(ast, "FINAL")) && ast->u.call.args.n == 1 && ast->u.call.args.v[0]->kind == AST_CALL) {
        print_call_name(p, ast);
        put(p, " ");
        print_call(p, ast->u.call.args.v[0]);
        return;
    }
    if (is_call(ast, "?") && ast->u.call.bare) {
        put(p, "?");
        return;
    }
    if (is_call(ast, "$MODEL")) {
        put(p, "MODEL ");
        print_list(p, &ast->u.call.args);
        return;
    }
    if (is_call(ast, "MULTISET") || is_call(ast, "MULTISET_QUERY")) {
        bool query = is_call(ast, "MULTISET_QUERY");
        put(p, query ? "MULTISET" : "MULTISET[");
        print_list(p, &ast->u.call.args);
        if (!query) put(p, "]");
        return;
    }
    print_call_name(p, ast);
    if (ast->u.call.bare) return;
    put(p, "(");
    if (ast->u.call.distinct) put(p, "DISTINCT ");
    if (ast->u.call.all) put(p, "ALL ");
    if (ast->u.call.star) put(p, "*");
    else if (!print_special(p, ast)) print_list(p, &ast->u.call.args);
    bool json_order = is_call(ast, "JSON_ARRAYAGG");
    if (ast->u.call.order.n && !ast->u.call.within_group && !json_order) put(p, " ORDER BY "), print_orders(p, &ast->u.call.order);
    put(p, ")");
    if (ast->u.call.nulls) put(p, ast->u.call.nulls == 1 ? " IGNORE NULLS" : " RESPECT NULLS");
    if (ast->u.call.within_group) put(p, " WITHIN GROUP (ORDER BY "), print_orders(p, &ast->u.call.order), put(p, ")");
    if (ast->u.call.filter) put(p, " FILTER (WHERE "), print_expr(p, ast->u.call.filter, 0), put(p, ")");
    if (!ast->u.call.over) return;
    put(p, " OVER ");
    if (only_name(ast->u.call.over)) {
        print_name(p, ast->u.call.over->base.name);
        return;
    }
    put(p, "(");
    print_window(p, ast->u.call.over);
    put(p, ")");
}

static void print_case(const Printer *p, const Ast *ast)
{
    put(p, "CASE");
    if (ast->u.kase.operand) put(p, " "), print_expr(p, ast->u.kase.operand, 0);
    for (uint32_t i = 0; i < ast->u.kase.when.n; i++) {
        put(p, " WHEN ");
        print_expr(p, ast->u.kase.when.v[i], 0);
        put(p, " THEN ");
        print_expr(p, ast->u.kase.then.v[i], 0);
    }
    if (ast->u.kase.otherwise) put(p, " ELSE "), print_expr(p, ast->u.kase.otherwise, 0);
    put(p, " END");
}

static int op_class_of(AstOp op)
{
    switch (op) {
    case OP_OR: return P_OR;
    case OP_AND: return P_AND;
    case OP_NOT: return P_NOT;
    case OP_PLUS: case OP_MINUS: return P_SUM;
    case OP_MUL: case OP_DIV: case OP_MOD: return P_PRODUCT;
    case OP_CONCAT: case OP_MULTISET_UNION: case OP_MULTISET_INTERSECT: case OP_MULTISET_EXCEPT: return P_PRODUCT;
    case OP_NEG: case OP_POS: return P_UNARY;
    case OP_EXISTS: case OP_UNIQUE: return P_PRIMARY;
    default: return P_PREDICATE;
    }
}

static bool mixes(AstOp outer, const Ast *inner)
{
    if (inner->kind != AST_OP) return false;
    bool concat = outer == OP_CONCAT, inner_concat = inner->u.op.op == OP_CONCAT;
    return concat != inner_concat && op_class_of(outer) >= P_SUM && op_class_of(inner->u.op.op) >= P_SUM && op_class_of(inner->u.op.op) < P_UNARY;
}

static void print_operand(const Printer *p, AstOp op, const Ast *ast, int least)
{
    print_expr(p, ast, mixes(op, ast) ? P_PRIMARY : least);
}

/* x = ALL (..), x > ANY (..) */
static void print_quantified(const Printer *p, const Ast *ast)
{
    const AstList *args = &ast->u.op.args;
    print_expr(p, args->v[0], P_SUM);
    strbuf_addf(p->out, " %s %s (", ast_op_text[ast->u.op.op], ast->u.op.quantified_all ? "ALL" : "ANY");
    if (args->n == 2 && args->v[1]->kind == AST_SUBQUERY) print_query(p, args->v[1]->u.sub.query);
    else if (args->n == 2 && args->v[1]->kind == AST_ROW) print_list(p, &args->v[1]->u.items.items);
    else
        for (uint32_t i = 1; i < args->n; i++) {
            if (i > 1) put(p, ", ");
            print_expr(p, args->v[i], 0);
        }
    put(p, ")");
}

static void print_like(const Printer *p, const Ast *ast)
{
    const AstList *args = &ast->u.op.args;
    print_expr(p, args->v[0], P_SUM);
    strbuf_addf(p->out, "%s %s ", ast->u.op.negated ? " NOT" : "", ast->u.op.op == OP_LIKE ? "LIKE" : "SIMILAR TO");
    print_expr(p, args->v[1], P_SUM);
    if (args->n > 2) put(p, " ESCAPE "), print_expr(p, args->v[2], P_SUM);
}

static void print_op(const Printer *p, const Ast *ast)
{
    AstOp op = ast->u.op.op;
    const AstList *args = &ast->u.op.args;
    int cls = op_class_of(op);
    if (ast->u.op.quantified_all || ast->u.op.quantified_any) {
        print_quantified(p, ast);
    } else if (op == OP_LIKE || op == OP_SIMILAR) {
        print_like(p, ast);
    } else if (op == OP_EXISTS || op == OP_UNIQUE) {
        strbuf_addf(p->out, "%s ", ast_op_text[op]);
        print_expr(p, args->v[0], P_PRIMARY);
    } else if (op == OP_NOT) {
        put(p, "NOT ");
        print_expr(p, args->v[0], P_NOT);
    } else if (op == OP_NEG || op == OP_POS) {
        put(p, op == OP_NEG ? "-" : "+");
        print_expr(p, args->v[0], P_PRIMARY);
    } else if (args->n == 1) {                   /* IS NULL, IS JSON ARRAY, IS A SET */
        print_expr(p, args->v[0], P_SUM);
        strbuf_addf(p->out, " %s", ast_op_text[op]);
    } else {
        for (uint32_t i = 0; i < args->n; i++) {
            if (i) strbuf_addf(p->out, " %s ", ast_op_text[op]);
            bool predicate = cls == P_PREDICATE;
            print_operand(p, op, args->v[i], predicate ? P_SUM : i && op != OP_AND && op != OP_OR ? cls + 1 : i ? cls + 1 : cls);
        }
    }
}

static void print_in(const Printer *p, const Ast *ast)
{
    print_expr(p, ast->u.in.expr, P_SUM);
    put(p, ast->u.in.negated ? " NOT IN (" : " IN (");
    if (ast->u.in.query) print_query(p, ast->u.in.query);
    else print_list(p, &ast->u.in.list);
    put(p, ")");
}

static void print_between(const Printer *p, const Ast *ast)
{
    print_expr(p, ast->u.between.expr, P_SUM);
    strbuf_addf(p->out, "%s BETWEEN%s ", ast->u.between.negated ? " NOT" : "", ast->u.between.symmetric ? " SYMMETRIC" : "");
    print_expr(p, ast->u.between.low, P_SUM);
    put(p, " AND ");
    print_expr(p, ast->u.between.high, P_SUM);
}

static void print_table_arg(const Printer *p, const Ast *ast)
{
    if (ast->u.table_arg.query) {
        put(p, "(");
        print_query(p, ast->u.table_arg.query);
        put(p, ")");
    } else {
        put(p, "TABLE ");
        print_path(p, &ast->u.table_arg.table);
    }
    bool many = ast->u.table_arg.partition.n > 1;
    if (ast->u.table_arg.partition.n) put(p, many ? " PARTITION BY (" : " PARTITION BY "), print_list(p, &ast->u.table_arg.partition), put(p, many ? ")" : "");
    if (ast->u.table_arg.order.n) put(p, " ORDER BY "), print_orders(p, &ast->u.table_arg.order);
}

static int expr_class(const Ast *ast)
{
    switch (ast->kind) {
    case AST_OP: return ast->u.op.quantified_all || ast->u.op.quantified_any ? P_PREDICATE : op_class_of(ast->u.op.op);
    case AST_IN: case AST_BETWEEN: return P_PREDICATE;
    case AST_LITERAL: return ast->u.lit.text.len && ast->u.lit.text.ptr[0] == '-' && ast->u.lit.kind <= LIT_DOUBLE ? P_UNARY : P_PRIMARY;
    case AST_INTERVAL_OF: return ast->u.interval_of.difference ? P_PRIMARY : P_UNARY;
    default: return P_PRIMARY;
    }
}

/* INTERVAL takes names and literals bare, all else in parentheses. */
static void print_interval_amount(const Printer *p, const Ast *ast)
{
    bool wrap = ast->kind != AST_NAME && ast->kind != AST_LITERAL;
    if (wrap) put(p, "(");
    print_expr(p, ast, 0);
    if (wrap) put(p, ")");
}

static void print_bare_expr(const Printer *p, const Ast *ast)
{
    switch (ast->kind) {
    case AST_LITERAL: print_literal(p, ast); break;
    case AST_NAME: print_path(p, &ast->u.name); break;
    case AST_STAR:
        print_path(p, &ast->u.name);
        put(p, ast->u.name.n ? ".*" : "*");
        break;
    case AST_OP: print_op(p, ast); break;
    case AST_CALL: print_call(p, ast); break;
    case AST_CASE: print_case(p, ast); break;
    case AST_CAST:
        put(p, ast->u.cast.try_cast ? "TRY_CAST(" : "CAST(");
        print_expr(p, ast->u.cast.expr, 0);
        put(p, " AS ");
        print_type(p, ast->u.cast.type);
        put(p, ")");
        break;
    case AST_SUBQUERY: put(p, "("), print_query(p, ast->u.sub.query), put(p, ")"); break;
    case AST_QUERY_ARRAY: put(p, "ARRAY("), print_query(p, ast->u.sub.query), put(p, ")"); break;
    case AST_IN: print_in(p, ast); break;
    case AST_BETWEEN: print_between(p, ast); break;
    case AST_ROW: put(p, ast->u.items.explicit_row ? "ROW(" : "("), print_list(p, &ast->u.items.items), put(p, ")"); break;
    case AST_ARRAY: put(p, "ARRAY["), print_list(p, &ast->u.items.items), put(p, "]"); break;
    case AST_MAP: put(p, "MAP["), print_list(p, &ast->u.items.items), put(p, "]"); break;
    case AST_INDEX: print_expr(p, ast->u.index.base, P_PRIMARY), put(p, "["), print_expr(p, ast->u.index.index, 0), put(p, "]"); break;
    case AST_FIELD: {
        bool wrap = ast->u.field.base->kind == AST_NAME || ast->u.field.base->kind == AST_LITERAL;     /* (a).f is not a.f, 1.f no number */
        if (wrap) put(p, "(");
        print_expr(p, ast->u.field.base, P_PRIMARY);
        put(p, wrap ? ")." : ".");
        if (ast->u.field.star) put(p, "*");
        else print_name(p, ast->u.field.field.name);
        break;
    }
    case AST_SYMBOL: strbuf_adds(p->out, ast->u.symbol); break;
    case AST_INTERVAL_OF:
        put(p, ast->u.interval_of.difference ? "" : "INTERVAL ");
        print_interval_amount(p, ast->u.interval_of.expr);
        strbuf_addf(p->out, " %.*s", STR_ARG(ast->u.interval_of.unit));
        break;
    case AST_NAMED_ARG: print_name(p, ast->u.named.name.name), put(p, " => "), print_expr(p, ast->u.named.value, 0); break;
    case AST_DESCRIPTOR: put(p, "DESCRIPTOR"), print_names(p, &ast->u.descriptor); break;
    case AST_TABLE_ARG: print_table_arg(p, ast); break;
    }
}

/* In parentheses when it binds less tightly than `least`. */
static void print_expr(const Printer *p, const Ast *ast, int least)
{
    bool wrap = expr_class(ast) < least;
    if (wrap) put(p, "(");
    print_bare_expr(p, ast);
    if (wrap) put(p, ")");
}

/* --- FROM --- */

static void print_hints(const Printer *p, const HintList *hints)
{
    if (!hints->n) return;
    put(p, " /*+ ");
    for (uint32_t i = 0; i < hints->n; i++) {
        const AstHint *hint = &hints->v[i];
        if (i) put(p, ", ");
        if (hint->name.quoted) print_name(p, hint->name.name);
        else strbuf_adds(p->out, hint->name.name);
        uint32_t n = 0;
        if (!hint->names.n && !hint->literals.n && !hint->options.n) continue;
        put(p, "(");
        for (uint32_t k = 0; k < hint->names.n; k++) put(p, n++ ? ", " : ""), print_name(p, hint->names.v[k].name);
        for (uint32_t k = 0; k < hint->literals.n; k++) put(p, n++ ? ", " : ""), print_expr(p, hint->literals.v[k], 0);
        for (uint32_t k = 0; k < hint->options.n; k++) {
            put(p, n++ ? ", " : "");
            print_string(p, hint->options.v[k].key);
            put(p, "=");
            print_string(p, hint->options.v[k].value);
        }
        put(p, ")");
    }
    put(p, " */");
}

static void print_pattern(const Printer *p, const PatternAst *pattern)
{
    switch (pattern->kind) {
    case PAT_VAR: print_name(p, pattern->var.name); break;
    case PAT_START: put(p, "^"); break;
    case PAT_END: put(p, "$"); break;
    case PAT_EMPTY: put(p, "()"); break;
    case PAT_CONCAT: case PAT_ALT: case PAT_PERMUTE: case PAT_GROUP: case PAT_EXCLUDE:
        put(p, pattern->kind == PAT_PERMUTE ? "PERMUTE (" : pattern->kind == PAT_GROUP ? "(" : pattern->kind == PAT_EXCLUDE ? "{- " : "");
        for (uint32_t i = 0; i < pattern->n; i++) {
            if (i) put(p, pattern->kind == PAT_ALT ? " | " : pattern->kind == PAT_PERMUTE ? ", " : " ");
            print_pattern(p, pattern->sub[i]);
        }
        put(p, pattern->kind == PAT_PERMUTE || pattern->kind == PAT_GROUP ? ")" : pattern->kind == PAT_EXCLUDE ? " -}" : "");
        break;
    }
    if (!pattern->quantified) return;
    if (pattern->min == 0 && pattern->max == -1) put(p, "*");
    else if (pattern->min == 1 && pattern->max == -1) put(p, "+");
    else if (pattern->min == 0 && pattern->max == 1) put(p, "?");
    else if (pattern->min == pattern->max) strbuf_addf(p->out, "{%d}", (int)pattern->min);
    else if (pattern->max == -1) strbuf_addf(p->out, "{%d,}", (int)pattern->min);
    else if (pattern->min < 0) strbuf_addf(p->out, "{,%d}", (int)pattern->max);
    else strbuf_addf(p->out, "{%d,%d}", (int)pattern->min, (int)pattern->max);
    if (pattern->reluctant) put(p, "?");
}

static void print_skip(const Printer *p, const AstMatch *match)
{
    switch (match->skip) {
    case SKIP_DEFAULT: return;
    case SKIP_NEXT_ROW: put(p, "\nAFTER MATCH SKIP TO NEXT ROW"); return;
    case SKIP_PAST_LAST: put(p, "\nAFTER MATCH SKIP PAST LAST ROW"); return;
    case SKIP_TO_FIRST: put(p, "\nAFTER MATCH SKIP TO FIRST "); break;
    case SKIP_TO_LAST: put(p, "\nAFTER MATCH SKIP TO LAST "); break;
    case SKIP_TO_VAR: put(p, "\nAFTER MATCH SKIP TO "); break;
    }
    print_name(p, match->skip_var.name);
}

static void print_match(const Printer *p, const AstMatch *match)
{
    const char *blank = "";
    put(p, " MATCH_RECOGNIZE (");
    if (match->partition.n) put(p, "PARTITION BY "), print_list(p, &match->partition), blank = "\n";
    if (match->order.n) put(p, blank), put(p, "ORDER BY "), print_orders(p, &match->order), blank = "\n";
    for (uint32_t i = 0; i < match->measures.n; i++) {
        put(p, i ? ", " : blank);
        if (!i) put(p, "MEASURES ");
        print_expr(p, match->measures.v[i].expr, 0);
        put(p, " AS ");
        print_name(p, match->measures.v[i].alias.name);
        blank = "\n";
    }
    if (match->one_row) put(p, blank), put(p, "ONE ROW PER MATCH");
    if (match->all_rows) put(p, blank), put(p, "ALL ROWS PER MATCH");
    print_skip(p, match);
    put(p, "\nPATTERN (");
    if (match->strict_start) put(p, "^ ");
    if (match->pattern) print_pattern(p, match->pattern);
    if (match->strict_end) put(p, " $");
    put(p, ")");
    if (match->within) put(p, " WITHIN "), print_expr(p, match->within, 0);
    for (uint32_t i = 0; i < match->nsubsets; i++) {
        put(p, i ? ", " : "\nSUBSET ");
        print_name(p, match->subsets[i].name.name);
        put(p, " = ");
        print_names(p, &match->subsets[i].vars);
    }
    for (uint32_t i = 0; i < match->define.n; i++) {
        put(p, i ? ", " : "\nDEFINE ");
        print_name(p, match->define.v[i].alias.name);
        put(p, " AS ");
        print_expr(p, match->define.v[i].expr, 0);
    }
    put(p, ")");
}

static void print_from(const Printer *p, const AstFrom *from);

static void print_join(const Printer *p, const AstFrom *from)
{
    static const char *const words[] = { [JOIN_INNER] = "INNER JOIN ", [JOIN_LEFT] = "LEFT JOIN ", [JOIN_RIGHT] = "RIGHT JOIN ", [JOIN_FULL] = "FULL JOIN ", [JOIN_CROSS] = "CROSS JOIN ", [JOIN_COMMA] = "" };
    print_from(p, from->join.left);
    put(p, from->join.kind == JOIN_COMMA ? ",\n" : from->join.natural ? "\nNATURAL " : "\n");
    put(p, words[from->join.kind]);
    bool nested = from->join.right->kind == FROM_JOIN;
    if (nested) put(p, "(");
    print_from(p, from->join.right);
    if (nested) put(p, ")");
    if (from->join.on) put(p, " ON "), print_expr(p, from->join.on, 0);
    if (from->join.using_cols.n) put(p, " USING "), print_names(p, &from->join.using_cols);
}

static void print_from(const Printer *p, const AstFrom *from)
{
    if (from->lateral) put(p, "LATERAL ");
    switch (from->kind) {
    case FROM_TABLE:
        print_path(p, &from->table);
        break;
    case FROM_SUBQUERY: case FROM_VALUES:
        put(p, "("), print_query(p, from->query), put(p, ")");
        break;
    case FROM_FUNCTION:
        if (from->table_wrapped) put(p, "TABLE(");
        print_expr(p, from->call, 0);
        if (from->table_wrapped) put(p, ")");
        break;
    case FROM_UNNEST:
        put(p, "UNNEST("), print_list(p, &from->unnest), put(p, from->ordinality ? ") WITH ORDINALITY" : ")");
        break;
    case FROM_MATCH:
        if (from->input) print_from(p, from->input);
        else print_path(p, &from->table);
        print_match(p, from->match);
        break;
    case FROM_JOIN:
        print_join(p, from);
        return;
    }
    print_hints(p, &from->hints);
    if (from->as_of) put(p, " FOR SYSTEM_TIME AS OF "), print_expr(p, from->as_of, P_SUM);
    if (from->alias.name.len) put(p, " AS "), print_name(p, from->alias.name);
    if (from->alias_cols.n) put(p, " "), print_names(p, &from->alias_cols);
    if (!from->sample) return;
    strbuf_addf(p->out, " TABLESAMPLE %s(", from->sample->bernoulli ? "BERNOULLI" : "SYSTEM");
    print_expr(p, from->sample->percent, 0);
    put(p, ")");
    if (from->sample->repeatable) put(p, " REPEATABLE("), print_expr(p, from->sample->seed, 0), put(p, ")");
}

/* --- queries --- */

static void print_groups(const Printer *p, const AstGroup *groups, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const AstGroup *group = &groups[i];
        if (i) put(p, ", ");
        switch (group->kind) {
        case GROUP_EXPR:
            if (group->exprs.n) put(p, "("), print_list(p, &group->exprs), put(p, ")");
            else print_expr(p, group->expr, 0);
            break;
        case GROUP_EMPTY: put(p, "()"); break;
        case GROUP_SETS: case GROUP_ROLLUP: case GROUP_CUBE:
            put(p, group->kind == GROUP_SETS ? "GROUPING SETS (" : group->kind == GROUP_ROLLUP ? "ROLLUP (" : "CUBE (");
            print_groups(p, group->sets, group->n);
            put(p, ")");
            break;
        }
    }
}

static void print_select(const Printer *p, const AstQuery *query)
{
    put(p, "SELECT");
    print_hints(p, &query->hints);
    put(p, query->stream ? " STREAM" : "");
    put(p, query->distinct ? " DISTINCT " : query->all ? " ALL " : " ");
    for (uint32_t i = 0; i < query->items.n; i++) {
        if (i) put(p, ", ");
        print_expr(p, query->items.v[i].expr, 0);
        if (query->items.v[i].alias.name.len) put(p, " AS "), print_name(p, query->items.v[i].alias.name);
    }
    if (query->from) put(p, "\nFROM "), print_from(p, query->from);
    if (query->where) put(p, "\nWHERE "), print_expr(p, query->where, 0);
    if (query->has_group) {
        put(p, query->group_distinct ? "\nGROUP BY DISTINCT " : "\nGROUP BY ");
        print_groups(p, query->group.v, query->group.n);
    }
    if (query->having) put(p, "\nHAVING "), print_expr(p, query->having, 0);
    for (uint32_t i = 0; i < query->windows.n; i++) {
        put(p, i ? ", " : "\nWINDOW ");
        print_name(p, query->windows.v[i].name.name);
        put(p, " AS (");
        print_window(p, query->windows.v[i].window);
        put(p, ")");
    }
    if (query->qualify) put(p, "\nQUALIFY "), print_expr(p, query->qualify, 0);
}

/* Operand of a set operation: in parentheses when it has an ORDER BY or LIMIT, a WITH, or binds less tightly. */
static void print_branch(const Printer *p, const AstQuery *outer, const AstQuery *branch, bool right)
{
    bool wrap = branch->order.n || branch->limit || branch->offset || branch->limit_all || branch->with.n;
    if (branch->kind == QUERY_SETOP)
        wrap |= right || (outer->setop == SETOP_INTERSECT && branch->setop != SETOP_INTERSECT);
    if (wrap) put(p, "(");
    print_query(p, branch);
    if (wrap) put(p, ")");
}

static void print_body(const Printer *p, const AstQuery *query)
{
    static const char *const words[] = { [SETOP_UNION] = "UNION", [SETOP_INTERSECT] = "INTERSECT", [SETOP_EXCEPT] = "EXCEPT" };
    switch (query->kind) {
    case QUERY_SELECT: print_select(p, query); break;
    case QUERY_VALUES:
        put(p, "VALUES ");
        for (uint32_t i = 0; i < query->rows.n; i++) {
            const Ast *row = query->rows.v[i];
            if (i) put(p, ",\n");
            if (row->kind == AST_ROW) put(p, "ROW("), print_list(p, &row->u.items.items), put(p, ")");
            else print_expr(p, row, 0);
        }
        break;
    case QUERY_TABLE:
        put(p, "TABLE ");
        print_path(p, &query->table);
        break;
    case QUERY_SETOP:
        print_branch(p, query, query->left, false);
        strbuf_addf(p->out, "\n%s%s\n", words[query->setop], query->setop_all ? " ALL" : "");
        print_branch(p, query, query->right, true);
        break;
    }
}

static void print_query(const Printer *p, const AstQuery *query)
{
    for (uint32_t i = 0; i < query->with.n; i++) {
        const AstCte *cte = &query->with.v[i];
        put(p, i ? ", " : query->with.recursive ? "WITH RECURSIVE " : "WITH ");
        print_name(p, cte->name.name);
        if (cte->cols.n) put(p, " "), print_names(p, &cte->cols);
        put(p, " AS (");
        print_query(p, cte->query);
        put(p, ")");
    }
    if (query->with.n) put(p, " ");
    print_body(p, query);
    if (query->order.n) put(p, "\nORDER BY "), print_orders(p, &query->order);
    if (query->limit_all) put(p, "\nLIMIT ALL");
    if (query->limit && query->offset) put(p, "\nLIMIT "), print_expr(p, query->limit, P_PRIMARY);
    if (query->offset) put(p, "\nOFFSET "), print_expr(p, query->offset, P_PRIMARY), put(p, " ROWS");
    if (query->limit && !query->offset) put(p, "\nFETCH NEXT "), print_expr(p, query->limit, P_PRIMARY), put(p, " ROWS ONLY");
}

/* --- published --- */

void ast_print(const Ast *ast, bool quote_all, StrBuf *out)
{
    print_expr(&(Printer){ out, quote_all }, ast, 0);
}

void query_print(const AstQuery *query, bool quote_all, StrBuf *out)
{
    print_query(&(Printer){ out, quote_all }, query);
}

void from_print(const AstFrom *from, bool quote_all, StrBuf *out)
{
    print_from(&(Printer){ out, quote_all }, from);
}

void asttype_print(const AstType *type, StrBuf *out)
{
    print_type(&(Printer){ out, false }, type);
}

bool ast_equal(const Ast *a, const Ast *b)
{
    StrBuf left = { 0 }, right = { 0 };
    ast_print(a, true, &left);
    ast_print(b, true, &right);
    bool same = str_eq(strbuf_str(&left), strbuf_str(&right));
    strbuf_free(&left);
    strbuf_free(&right);
    return same;
}
