/* Inside of jsonpath: the steps of a path, and the conditions in [?( .. )]. */
#ifndef WEIR_EXPR_JSONFILTER_H
#define WEIR_EXPR_JSONFILTER_H
#include "engine/expr/jsonpath.h"

typedef struct JsonFilter JsonFilter;
typedef enum StepKind { STEP_NAMES, STEP_INDEX, STEP_SLICE, STEP_ANY, STEP_DEEP, STEP_FILTER, STEP_FUNCTION } StepKind;
typedef struct PathStep {
    StepKind kind;
    struct { Str *v; uint32_t n, cap; } names;
    struct { int64_t *v; uint32_t n, cap; } indexes;
    bool has_from, has_to, after_definite;
    int64_t from, to;                /* SLICE */
    const JsonFilter *filter;
    int function;                    /* index + 1 into the list of functions */
} PathStep;
struct JsonPath {
    bool lax, definite;
    struct { PathStep *v; uint32_t n, cap; } steps;
};

/* Reads "( condition )" at *p. NULL and *why when it is not one. */
JsonFilter *filter_read(Arena *arena, const char **p, const char *end, const char **why);
bool filter_test(const JsonFilter *filter, const JsonDoc *doc, Arena *scratch, uint32_t node);
/* The steps after $ or @ at *p, ending where a path within a condition ends. */
JsonPath *jsonpath_read(Arena *arena, const char **p, const char *end, const char **why);
void jsonpath_eval_at(const JsonPath *path, const JsonDoc *doc, Arena *scratch, uint32_t node, JsonResult *out);
#endif
