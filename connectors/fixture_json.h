/* One JSON value to a cell, by the rules of Flink's json format. Private to connectors/fixture*.c. */
#ifndef WEIR_CONNECTORS_FIXTURE_JSON_H
#define WEIR_CONNECTORS_FIXTURE_JSON_H
#include "connectors/connector.h"
struct json_t;
/* json NULL or null: NULL. Memory of the value lives in arena. False + err E_BAD_RECORD when it does not fit. */
bool fixture_json_cell(Arena *arena, const Type *type, const struct json_t *json, const Zone *zone, Datum *out, Err *err) MUST_CHECK;
#endif
