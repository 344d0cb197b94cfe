/* What op_source.c dispatches to: operators without inputs that the runner polls. Private to engine/op. */
#ifndef WEIR_OP_OP_SOURCES_H
#define WEIR_OP_OP_SOURCES_H
#include "engine/op/op_classes.h"
PollResult values_poll(Op *op, Err *err);
#endif
