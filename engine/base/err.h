/* Err: the one error type. Lives on the caller's stack, {0} = none, owns nothing (fixed buffers, copied by assignment).
 * Fallible functions return bool, take Err * last, and fill it once at the lowest frame that knows the facts;
 * callers add context (err_detail, err_hint, err_span), never replace. Codes: errcodes.def (SQLSTATE).
 * Wording (PostgreSQL's message style): primary line lowercase, no full stop, object kind and quoted name; hint = a sentence. */
#ifndef WEIR_BASE_ERR_H
#define WEIR_BASE_ERR_H
#include "engine/base/str.h"

typedef struct Span { uint32_t pos, len; } Span;  /* bytes within the statement's source text; len 0 = unknown */

/* Where an error belongs in a statement's life: the stage names of the conformance verdicts. */
typedef enum ErrStage { STAGE_NONE, STAGE_PARSE, STAGE_VALIDATE, STAGE_RUN } ErrStage;
/* Whose fault: the user's input, something outside (broker, database), or weir itself. */
typedef enum ErrFault { FAULT_USER, FAULT_EXTERNAL, FAULT_INTERNAL } ErrFault;

typedef enum ErrCode {
#define X(name, sqlstate, stage, fault, text) name,
#include "engine/base/errcodes.def"
#undef X
    ERR_CODE_COUNT
} ErrCode;

typedef struct Err {
    bool set, retriable;
    ErrCode code;
    ErrStage stage;             /* from the code's row unless overridden */
    Span span;                  /* in the source text given to err_render */
    char message[512], detail[2048], hint[512];
} Err;

/* Each returns false so that `return err_set(...)` reads well. err may not be NULL. */
bool err_set(Err *err, ErrCode code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool err_at(Err *err, ErrCode code, Span span, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool err_detail(Err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool err_hint(Err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the span only if none is set yet: the innermost place wins. */
bool err_span(Err *err, Span span);
static inline void err_clear(Err *err) { err->set = false; err->message[0] = err->detail[0] = err->hint[0] = 0; err->span = (Span){0, 0}; err->retriable = false; err->stage = STAGE_NONE; }
const char *err_sqlstate(const Err *err);
const char *err_stage_name(ErrStage stage);          /* "parse", "validate", "run" */
/* Renders for a terminal or log:  file:line:col: error 42703: message / source line / caret / DETAIL / HINT.
 * source = whole file, stmt_offset = where the statement's text (that spans refer to) begins in it. Secrets are redacted. */
void err_render(const Err *err, Str file, Str source, uint32_t stmt_offset, bool color, StrBuf *out);
/* Line and column (1-based, column in code points) of byte `pos`. */
void source_position(Str source, uint32_t pos, uint32_t *line, uint32_t *column);

/* Secrets. True for option keys whose value must never be shown (password, secret, token, sasl.jaas.config, ...). */
bool secret_key(Str key);
/* Copies text, masking values after known secret keys and in URLs user:pw@ with ******. The one place that redacts. */
Str redact(Arena *arena, Str text);
/* The next secret at or after *at: sets its bytes and moves *at behind it; false when there is none. redact() masks these. */
bool redact_next(Str text, uint32_t *at, Span *secret);
/* Masks in the error's texts every secret value that `text` (the statement) holds: a message may quote the token at fault. */
void err_mask_secrets(Err *err, Str text);

/* Tell the compiler a result must be looked at. */
#define MUST_CHECK __attribute__((warn_unused_result))
#endif
