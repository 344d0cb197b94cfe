/* OBJECT_OF and OBJECT_UPDATE: values of STRUCTURED types, which are rows that remember a class name. Class and field names are literals. */
#include "engine/expr/fn.h"

static bool literal_text(InferCtx *infer, uint32_t i, Str *out, Err *err)
{
    const Datum *value = infer_const(infer, i);
    if (!value || value->null || !type_is_string(infer->args[i]->type)) return err_at(err, E_TYPE, infer->args[i]->span, "%s wants a name in quotes here", infer->func->name);
    *out = datum_text(value);
    *out = str_dup(infer->ctx->arena, *out);
    return true;
}

static const Type *structured(Arena *arena, Str class_name, const Field *fields, uint32_t n)
{
    Type *type = arena_copy(arena, type_row(arena, fields, n, true), sizeof *type);
    type->class_name = class_name;
    return type;
}

static int64_t field_index(const Field *fields, uint32_t n, Str name)
{
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(fields[i].name, name)) return i;
    return -1;
}

static const Type *infer_object_of(InferCtx *infer, Err *err)
{
    Str class_name, name;
    if (infer->nargs % 2 == 0) return infer_refuse(infer, err);
    if (!literal_text(infer, 0, &class_name, err)) return NULL;
    Field *fields = ARENA_ARRAY(infer->ctx->arena, Field, infer->nargs / 2 + 1);
    uint32_t n = 0;
    for (uint32_t i = 1; i < infer->nargs; i += 2) {
        if (!literal_text(infer, i, &name, err)) return NULL;
        if (field_index(fields, n, name) >= 0) {
            err_at(err, E_DUP_COLUMN, infer->args[i]->span, "field \"" STR_FMT "\" is given twice", STR_ARG(name));
            return NULL;
        }
        if (infer->args[i + 1]->type->kind == TYPE_NULL) {
            err_at(err, E_TYPE, infer->args[i + 1]->span, "illegal use of NULL");
            return NULL;
        }
        fields[n++] = (Field){ name, infer->args[i + 1]->type, STR_NULL };
    }
    return structured(infer->ctx->arena, class_name, fields, n);
}

FN_BODY(fn_object_of)
{
    Nested *row = nested_new(env->arena, arg_count(call) / 2, arg_count(call) / 2);
    for (uint32_t i = 0; i < row->len; i++) row->items[i] = args[2 * i + 2];
    out->v.nested = row;
    return true;
}

/* Call data: for each pair of name and value, the field it replaces. */
static const Type *infer_object_update(InferCtx *infer, Err *err)
{
    const Type *object = infer->nargs ? infer->args[0]->type : NULL;
    if (infer->nargs % 2 == 0 || infer->nargs < 3 || object->kind != TYPE_ROW || object->class_name.len == 0) return infer_refuse(infer, err);
    Field *fields = arena_copy(infer->ctx->arena, object->fields, sizeof *fields * object->nfields);
    uint32_t *places = ARENA_ARRAY(infer->ctx->arena, uint32_t, infer->nargs / 2);
    for (uint32_t i = 1; i < infer->nargs; i += 2) {
        Str name;
        if (!literal_text(infer, i, &name, err)) return NULL;
        int64_t at = field_index(fields, object->nfields, name);
        if (at < 0) {
            err_at(err, E_NO_COLUMN, infer->args[i]->span, "object has no field \"" STR_FMT "\"", STR_ARG(name));
            return NULL;
        }
        fields[at].type = infer->args[i + 1]->type;
        places[i / 2] = (uint32_t)at;
    }
    *infer->data = places;
    return structured(infer->ctx->arena, object->class_name, fields, object->nfields);
}

FN_BODY(fn_object_update)
{
    const uint32_t *places = call->data;
    if (args[0].null) return ret_null(out);
    const Nested *old = args[0].v.nested;
    Nested *row = nested_new(env->arena, old->len, old->len);
    memcpy(row->items, old->items, sizeof(Datum) * old->len);
    for (uint32_t i = 1; i < arg_count(call); i += 2) row->items[places[i / 2]] = args[i + 1];
    out->v.nested = row;
    return true;
}

const FuncDef fn_object_table[] = {
    FN_ROW("OBJECT_OF", "=str,any*", NULL, FN_TOTAL | FN_NULLABLE, infer_object_of, fn_object_of, NULL, "nested", "An object of a class with named fields.", "OBJECT_OF('com.example.User', 'name', 'Bob', 'age', 42)", "(name=Bob, age=42)"),
    FN_ROW("OBJECT_UPDATE", "=row,any*", NULL, FN_TOTAL | FN_NULLABLE, infer_object_update, fn_object_update, NULL, "nested", "The object with some fields replaced.", "OBJECT_UPDATE(OBJECT_OF('com.example.User', 'name', 'Bob'), 'name', 'Al')", "(name=Al)"),
    FN_END
};
