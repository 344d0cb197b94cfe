/* Reads JSON paths and walks documents by them, with Jayway's rules: a definite path that misses is an error, in an indefinite one
 * (wildcard, deep scan, slice, filter before it) what misses is skipped. A path may end within a bracket: Flink takes the part before. */
#include "engine/expr/jsonpath.h"
#include "engine/expr/jsonfilter.h"
#include "engine/type/text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct PathReader { const char *p, *end; Arena *arena; const char *why; } PathReader;

static bool path_fail(PathReader *r, const char *why) { return r->why = why, false; }
static void blanks(PathReader *r) { while (r->p < r->end && *r->p == ' ') r->p++; }

static PathStep *add_step(JsonPath *path, Arena *arena, StepKind kind)
{
    PathStep step = { .kind = kind };
    ARENA_PUSH(arena, path->steps, step);
    return &path->steps.v[path->steps.n - 1];
}

/* 'name' or "name" with backslash escapes. */
static bool read_quoted(PathReader *r, Str *out)
{
    char quote = *r->p++;
    ArenaBuf buf = arena_buf(r->arena);
    while (r->p < r->end && *r->p != quote) {
        if (*r->p == '\\' && r->p + 1 < r->end) r->p++;
        buf_addc(&buf, *r->p++);
    }
    if (r->p == r->end) return path_fail(r, "name is not closed");
    r->p++;
    *out = buf_str(&buf);
    return true;
}

static bool read_names(PathReader *r, PathStep *step)
{
    for (;;) {
        blanks(r);
        Str name;
        if (r->p == r->end || (*r->p != '\'' && *r->p != '"')) return path_fail(r, "name in quotes expected");
        if (!read_quoted(r, &name)) return false;
        ARENA_PUSH(r->arena, step->names, name);
        blanks(r);
        if (r->p < r->end && *r->p == ',') {
            r->p++;
            continue;
        }
        if (r->p == r->end || *r->p != ']') return path_fail(r, "']' expected");
        r->p++;
        return true;
    }
}

static bool read_int(PathReader *r, int64_t *out)
{
    char *stop;
    blanks(r);
    if (r->p == r->end || !((*r->p >= '0' && *r->p <= '9') || *r->p == '-')) return false;
    *out = strtoll(r->p, &stop, 10);
    if (stop == r->p || stop > r->end) return false;
    r->p = stop;
    blanks(r);
    return true;
}

/* [n], [n,m] or [a:b]; the path's text is NUL-terminated, so strtoll stops. */
static bool read_indexes(PathReader *r, JsonPath *path)
{
    PathStep *step = add_step(path, r->arena, STEP_INDEX);
    int64_t n = 0;
    bool has = read_int(r, &n);
    if (r->p < r->end && *r->p == ':') {
        step->kind = STEP_SLICE;
        step->has_from = has;
        step->from = n;
        r->p++;
        step->has_to = read_int(r, &step->to);
        if (!step->has_from && !step->has_to) return path_fail(r, "slice without bounds");
    } else {
        if (!has) return path_fail(r, "index expected");
        ARENA_PUSH(r->arena, step->indexes, n);
        while (r->p < r->end && *r->p == ',') {
            r->p++;
            if (!read_int(r, &n)) return path_fail(r, "index expected");
            ARENA_PUSH(r->arena, step->indexes, n);
        }
    }
    if (r->p == r->end || *r->p != ']') return path_fail(r, "']' expected");
    r->p++;
    return true;
}

/* After '['. */
static bool read_bracket(PathReader *r, JsonPath *path)
{
    blanks(r);
    if (r->p == r->end) return path->steps.n > 0 ? true : path_fail(r, "']' expected");      /* Flink takes `$.a[` for `$.a` */
    if (*r->p == '\'' || *r->p == '"') return read_names(r, add_step(path, r->arena, STEP_NAMES));
    if (*r->p == '*') {
        add_step(path, r->arena, STEP_ANY);
        r->p++;
        blanks(r);
        if (r->p == r->end || *r->p != ']') return path_fail(r, "']' expected");
        r->p++;
        return true;
    }
    if (*r->p == '?') {
        PathStep *step = add_step(path, r->arena, STEP_FILTER);
        r->p++;
        step->filter = filter_read(r->arena, &r->p, r->end, &r->why);
        if (!step->filter) return false;
        blanks(r);
        if (r->p == r->end || *r->p != ']') return path_fail(r, "']' expected after a filter");
        r->p++;
        return true;
    }
    return read_indexes(r, path);
}

static const char *const function_names[] = { "length", "size", "min", "max", "avg", "sum", "stddev", "first", "last", "keys", NULL };

/* Name after a dot: a member, * or a function. */
static bool read_dotted(PathReader *r, JsonPath *path)
{
    if (r->p < r->end && *r->p == '*') {
        r->p++;
        add_step(path, r->arena, STEP_ANY);
        return true;
    }
    const char *from = r->p;
    while (r->p < r->end && !strchr(".[( ", *r->p)) r->p++;
    Str name = { from, (uint32_t)(r->p - from) };
    if (name.len == 0) return path_fail(r, "name expected after '.'");
    if (r->p < r->end && *r->p == ' ') return path_fail(r, "a name with blanks must stand in ['..']");
    if (r->p < r->end && *r->p == '(') {
        while (r->p < r->end && *r->p != ')') r->p++;
        if (r->p == r->end) return path_fail(r, "')' expected");
        r->p++;
        PathStep *step = add_step(path, r->arena, STEP_FUNCTION);
        for (int i = 0; function_names[i]; i++)
            if (str_is(name, function_names[i])) step->function = i + 1;
        return step->function ? true : path_fail(r, "unknown function in the path");
    }
    PathStep *step = add_step(path, r->arena, STEP_NAMES);
    ARENA_PUSH(r->arena, step->names, name);
    return true;
}

/* Steps after $ or @, up to a character that ends a path within a filter. */
static bool read_steps(PathReader *r, JsonPath *path, bool in_filter)
{
    while (r->p < r->end) {
        char c = *r->p;
        if (c == '[') {
            r->p++;
            if (!read_bracket(r, path)) return false;
        } else if (c == '.') {
            r->p++;
            if (r->p < r->end && *r->p == '.') {
                r->p++;
                add_step(path, r->arena, STEP_DEEP);
                if (r->p < r->end && *r->p == '[') continue;
            }
            if (r->p == r->end) return path_fail(r, "path ends in '.'");
            if (in_filter) {
                const char *from = r->p;
                while (r->p < r->end && !strchr(".[ )=<>!&|,]", *r->p)) r->p++;
                if (r->p < r->end && *r->p == '(') r->p = from;
                Str name = { from, (uint32_t)(r->p - from) };
                if (name.len == 0) return path_fail(r, "name expected after '.'");
                PathStep *step = add_step(path, r->arena, STEP_NAMES);
                ARENA_PUSH(r->arena, step->names, name);
            } else if (!read_dotted(r, path)) return false;
        } else if (in_filter) return true;
        else return path_fail(r, "'.' or '[' expected");
    }
    return true;
}

/* Marks the steps that stand behind definite ones alone, and the path as a whole. */
static void mark_definite(JsonPath *path)
{
    path->definite = true;
    for (uint32_t i = 0; i < path->steps.n; i++) {
        PathStep *s = &path->steps.v[i];
        s->after_definite = path->definite;
        bool last = i + 1 == path->steps.n, many = s->kind == STEP_DEEP || s->kind == STEP_ANY || s->kind == STEP_FILTER || s->kind == STEP_SLICE;
        if (many || (s->kind == STEP_INDEX && s->indexes.n > 1) || (s->kind == STEP_NAMES && s->names.n > 1 && !last)) path->definite = false;
    }
}

JsonPath *jsonpath_read(Arena *arena, const char **p, const char *end, const char **why)
{
    PathReader r = { *p, end, arena, NULL };
    JsonPath *path = ARENA_NEW(arena, JsonPath);
    bool ok = read_steps(&r, path, true);
    mark_definite(path);
    *p = r.p;
    *why = r.why;
    return ok ? path : NULL;
}

JsonPath *jsonpath_compile(Arena *arena, Str text, const char **why)
{
    JsonPath *path = ARENA_NEW(arena, JsonPath);
    Str s = text;
    uint32_t word = 0;
    while (word < s.len && s.ptr[word] != ' ') word++;
    Str mode = str_sub(s, 0, word);
    if (word < s.len && (str_iis(mode, "lax") || str_iis(mode, "strict"))) {
        path->lax = str_iis(mode, "lax");
        while (word < s.len && s.ptr[word] == ' ') word++;
        s = str_sub(s, word, s.len);
    }
    *why = "path is empty";
    if (s.len == 0) return NULL;
    /* A path that does not begin with $ is taken as $.path. */
    Str full = s.ptr[0] == '$' || s.ptr[0] == '@' ? s : str_printf(arena, "$." STR_FMT, STR_ARG(s));
    char *copy = str_cstr(arena, full);
    PathReader r = { copy + 1, copy + full.len, arena, NULL };
    bool ok = read_steps(&r, path, false);
    *why = r.why;
    mark_definite(path);
    return ok ? path : NULL;
}

bool jsonpath_lax(const JsonPath *path) { return path->lax; }

/* ---- evaluation ---- */

/* broken: a step behind definite ones alone found nothing to stand on: an error even for an indefinite path. */
typedef struct Walk { const JsonPath *path; const JsonDoc *doc; Arena *scratch; JsonResult *out; bool broken; } Walk;

static void walk(Walk *w, uint32_t step, uint32_t node);

/* ['a','b'] at the end of a definite path: an object of the members that exist. */
static void pick_members(Walk *w, const PathStep *s, uint32_t node)
{
    JsonMember *members = arena_alloc(w->scratch, sizeof *members * (s->names.n + 1));
    uint32_t n = 0;
    if (w->doc->nodes[node].kind != JSON_OBJECT) return;
    for (uint32_t i = 0; i < s->names.n; i++) {
        int64_t at = json_member(w->scratch, w->doc, node, s->names.v[i]);
        if (at < 0) continue;
        ArenaBuf value = arena_buf(w->scratch);
        json_add_node(&value, w->scratch, w->doc, (uint32_t)at);
        members[n++] = (JsonMember){ s->names.v[i], buf_str(&value), 0 };
    }
    ArenaBuf text = arena_buf(w->scratch);
    json_add_members(&text, members, n);
    w->out->kind = FOUND_TEXT;
    w->out->text = buf_str(&text);
}

static void walk_keys(Walk *w, uint32_t node)
{
    const JsonNode *v = &w->doc->nodes[node];
    if (v->kind != JSON_OBJECT) return;
    ArenaBuf text = arena_buf(w->scratch);
    buf_addc(&text, '[');
    for (uint32_t i = node + 1; i < v->end; i = w->doc->nodes[i + 1].end) {
        if (i > node + 1) buf_addc(&text, ',');
        json_add_string(&text, json_string(w->scratch, w->doc, i));
    }
    buf_addc(&text, ']');
    w->out->kind = FOUND_TEXT;
    w->out->text = buf_str(&text);
}

static void walk_names(Walk *w, const PathStep *s, uint32_t step, uint32_t node)
{
    bool any = false;
    if (s->names.n > 1 && w->path->definite) {
        pick_members(w, s, node);
        return;
    }
    if (w->doc->nodes[node].kind == JSON_OBJECT)
        for (uint32_t i = 0; i < s->names.n; i++) {
            int64_t at = json_member(w->scratch, w->doc, node, s->names.v[i]);
            if (at < 0) continue;
            any = true;
            walk(w, step + 1, (uint32_t)at);
        }
    if (!any && s->after_definite) w->broken = true;
}

/* Node of element `index` (from the end when negative); -1 if there is none. */
static int64_t element(const JsonDoc *doc, uint32_t array, int64_t index)
{
    const JsonNode *a = &doc->nodes[array];
    if (index < 0) index += a->count;
    if (index < 0 || index >= a->count) return -1;
    uint32_t i = array + 1;
    while (index-- > 0) i = doc->nodes[i].end;
    return i;
}

static void walk_indexes(Walk *w, const PathStep *s, uint32_t step, uint32_t node)
{
    const JsonNode *a = &w->doc->nodes[node];
    if (a->kind != JSON_ARRAY) {
        w->broken |= s->after_definite;
        return;
    }
    if (s->kind == STEP_INDEX) {
        for (uint32_t i = 0; i < s->indexes.n; i++) {
            int64_t at = element(w->doc, node, s->indexes.v[i]);
            if (at >= 0) walk(w, step + 1, (uint32_t)at);
        }
        return;
    }
    int64_t n = a->count, from = s->has_from ? s->from : 0, to = s->has_to ? s->to : n;
    if (from < 0) from = from + n < 0 ? 0 : from + n;
    if (to < 0) to += n;
    for (int64_t i = from; i < to && i < n; i++) walk(w, step + 1, (uint32_t)element(w->doc, node, i));
}

static void walk_children(Walk *w, uint32_t step, uint32_t node, bool deep)
{
    const JsonNode *v = &w->doc->nodes[node];
    if (json_is_scalar(v)) return;
    bool object = v->kind == JSON_OBJECT;
    for (uint32_t i = node + 1; i < v->end;) {
        uint32_t value = object ? i + 1 : i;
        walk(w, deep ? step : step + 1, value);
        i = w->doc->nodes[value].end;
    }
}

/* An array is filtered by element, anything else as a whole. */
static void walk_filter(Walk *w, const PathStep *s, uint32_t step, uint32_t node)
{
    const JsonNode *v = &w->doc->nodes[node];
    if (v->kind != JSON_ARRAY) {
        if (v->kind == JSON_OBJECT && filter_test(s->filter, w->doc, w->scratch, node)) walk(w, step + 1, node);
        if (v->kind != JSON_OBJECT && s->after_definite) w->broken = true;
        return;
    }
    for (uint32_t i = node + 1; i < v->end; i = w->doc->nodes[i].end)
        if (filter_test(s->filter, w->doc, w->scratch, i)) walk(w, step + 1, i);
}

static bool node_double(const JsonDoc *doc, uint32_t node, double *out)
{
    return doc->nodes[node].kind == JSON_NUMBER && parse_double(json_raw(doc, node), out);
}

static void walk_function(Walk *w, const PathStep *s, uint32_t node)
{
    const JsonNode *v = &w->doc->nodes[node];
    const char *name = function_names[s->function - 1];
    bool list = v->kind == JSON_ARRAY;
    if (strcmp(name, "keys") == 0) {
        walk_keys(w, node);
        return;
    }
    if (strcmp(name, "length") == 0 || strcmp(name, "size") == 0) {
        if (json_is_scalar(v)) return;
        w->out->text = str_printf(w->scratch, "%u", v->count);
    } else if (strcmp(name, "first") == 0 || strcmp(name, "last") == 0) {
        int64_t at = list ? element(w->doc, node, name[0] == 'f' ? 0 : -1) : -1;
        if (at < 0) return;
        w->out->kind = FOUND_NODE;
        w->out->node = (uint32_t)at;
        return;
    } else {
        double sum = 0, squares = 0, min = INFINITY, max = -INFINITY, x;
        uint32_t n = 0;
        for (uint32_t i = node + 1; list && i < v->end; i = w->doc->nodes[i].end) {
            if (!node_double(w->doc, i, &x)) continue;
            n++, sum += x, squares += x * x;
            min = x < min ? x : min;
            max = x > max ? x : max;
        }
        if (n == 0) return;
        double mean = sum / n, result = name[0] == 'm' ? (name[1] == 'i' ? min : max) : name[0] == 'a' ? mean : name[1] == 'u' ? sum : sqrt(squares / n - mean * mean);
        StrBuf text = { 0 };
        print_double(result, &text);
        w->out->text = str_dup(w->scratch, strbuf_str(&text));
        strbuf_free(&text);
    }
    w->out->kind = FOUND_NUMBER;
}

static void walk(Walk *w, uint32_t step, uint32_t node)
{
    if (step == w->path->steps.n) {
        w->out->node = node;
        if (w->path->definite) w->out->kind = FOUND_NODE;
        else ARENA_PUSH(w->scratch, w->out->list, node);
        return;
    }
    const PathStep *s = &w->path->steps.v[step];
    switch (s->kind) {
    case STEP_NAMES: walk_names(w, s, step, node); break;
    case STEP_INDEX: case STEP_SLICE: walk_indexes(w, s, step, node); break;
    case STEP_ANY: walk_children(w, step, node, false); break;
    case STEP_FILTER: walk_filter(w, s, step, node); break;
    case STEP_FUNCTION: walk_function(w, s, node); break;
    case STEP_DEEP:
        walk(w, step + 1, node);
        walk_children(w, step, node, true);
        break;
    }
}

void jsonpath_eval(const JsonPath *path, const JsonDoc *doc, Arena *scratch, JsonResult *out) { jsonpath_eval_at(path, doc, scratch, 0, out); }

void jsonpath_eval_at(const JsonPath *path, const JsonDoc *doc, Arena *scratch, uint32_t node, JsonResult *out)
{
    memset(out, 0, sizeof *out);
    Walk w = { path, doc, scratch, out, false };
    if (!path->definite) out->kind = FOUND_LIST;
    walk(&w, 0, node);
    if (w.broken && !path->definite && !path->lax) out->kind = FOUND_NONE;
}
