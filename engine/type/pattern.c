/* Compiler of Java date patterns into items, for both dialects, and the calendar facts they share.
 * java.time.format.DateTimeFormatter (US): letters with strict counts, [optional] parts, numbers that stand side by side share
 * the digits. java.text.SimpleDateFormat: any count, everything lenient. The letter tables below are the whole difference. */
#include "engine/type/pattern.h"

#include <assert.h>

const char *const month_names[12][2] = {
    { "Jan", "January" }, { "Feb", "February" }, { "Mar", "March" }, { "Apr", "April" }, { "May", "May" }, { "Jun", "June" },
    { "Jul", "July" }, { "Aug", "August" }, { "Sep", "September" }, { "Oct", "October" }, { "Nov", "November" }, { "Dec", "December" },
};
const char *const weekday_names[7][2] = {
    { "Sun", "Sunday" }, { "Mon", "Monday" }, { "Tue", "Tuesday" }, { "Wed", "Wednesday" }, { "Thu", "Thursday" }, { "Fri", "Friday" }, { "Sat", "Saturday" },
};

int32_t us_weekday(int64_t days)
{
    int64_t r = (days + 4) % 7;
    return (int32_t)(r < 0 ? r + 7 : r) + 1;
}

int32_t us_week(int64_t days, bool hybrid, int32_t *week_year)
{
    int32_t year, month, day;
    if (hybrid) hybrid_from_days(days, &year, &month, &day);
    else civil_from_days(days, &year, &month, &day);
    int64_t next = hybrid ? days_from_hybrid((int64_t)year + 1, 1, 1) : days_from_civil((int64_t)year + 1, 1, 1);
    if (next - (us_weekday(next) - 1) <= days) year++;          /* the week of next New Year */
    int64_t first = hybrid ? days_from_hybrid(year, 1, 1) : days_from_civil(year, 1, 1);
    if (week_year) *week_year = year;
    return (int32_t)((days - (first - (us_weekday(first) - 1))) / 7 + 1);
}

/* --- the hybrid calendar of java.util --- */

static const int64_t gregorian_start = -141427;                 /* 1582-10-15 */

static int64_t days_from_julian(int64_t year, int32_t month, int32_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t cycle = y / 4 - (y % 4 < 0), year_of_cycle = y - cycle * 4;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return cycle * 1461 + year_of_cycle * 365 + day_of_year - 719470;
}

static void julian_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day)
{
    int64_t shifted = days + 719470, cycle = shifted / 1461 - (shifted % 1461 < 0);
    int32_t day_of_cycle = (int32_t)(shifted - cycle * 1461), year_of_cycle = (day_of_cycle - day_of_cycle / 1460) / 365;
    int32_t day_of_year = day_of_cycle - 365 * year_of_cycle, m = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int32_t)(cycle * 4 + year_of_cycle) + (*month <= 2);
}

void hybrid_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day)
{
    if (days >= gregorian_start) civil_from_days(days, year, month, day);
    else julian_from_days(days, year, month, day);
}

int64_t days_from_hybrid(int64_t year, int64_t month, int64_t day)
{
    int64_t count = year * 12 + month - 1;
    year = count / 12 - (count % 12 < 0);
    int32_t m = (int32_t)(count - year * 12) + 1;
    int64_t days = days_from_civil(year, m, 1) + day - 1;
    return days >= gregorian_start ? days : days_from_julian(year, m, 1) + day - 1;
}

/* --- letters --- */

/* FORMATTER: how many letters are allowed, and from which count on the field is text. 0 = always text, 9 = never. */
typedef struct LetterRule { char letter; uint8_t most, text_from; } LetterRule;
static const LetterRule formatter_letters[] = {
    { 'G', 5, 0 }, { 'u', 19, 20 }, { 'y', 19, 20 }, { 'Y', 19, 20 }, { 'M', 5, 3 }, { 'L', 5, 3 }, { 'Q', 5, 3 }, { 'q', 5, 3 }, { 'w', 2, 9 }, { 'W', 1, 9 },
    { 'd', 2, 9 }, { 'D', 3, 9 }, { 'F', 1, 9 }, { 'g', 19, 20 }, { 'E', 5, 0 }, { 'e', 5, 3 }, { 'c', 5, 3 }, { 'a', 1, 0 }, { 'B', 5, 0 }, { 'h', 2, 9 },
    { 'H', 2, 9 }, { 'k', 2, 9 }, { 'K', 2, 9 }, { 'm', 2, 9 }, { 's', 2, 9 }, { 'S', 9, 10 }, { 'A', 19, 20 }, { 'n', 19, 20 }, { 'N', 19, 20 }, { 'V', 2, 0 },
    { 'v', 4, 0 }, { 'z', 4, 0 }, { 'O', 4, 0 }, { 'X', 5, 0 }, { 'x', 5, 0 }, { 'Z', 5, 0 },
};
static const char simple_letters[] = "GyYMLwWDdFEuaHkKhmsSzZX";

static const LetterRule *formatter_rule(char letter)
{
    for (size_t i = 0; i < sizeof formatter_letters / sizeof *formatter_letters; i++)
        if (formatter_letters[i].letter == letter) return &formatter_letters[i];
    return NULL;
}

/* Counts that a range alone does not describe. */
static bool count_allowed(char letter, uint32_t n)
{
    switch (letter) {
    case 'V': return n == 2;
    case 'v': case 'O': return n == 1 || n == 4;
    case 'B': return n == 1 || n >= 4;
    case 'c': return n != 2;
    default: return true;
    }
}

static void set_width(PatternItem *item, uint8_t least, uint8_t most, NumberSign sign)
{
    item->least = least;
    item->most = most;
    item->sign = sign;
}

static void formatter_width(PatternItem *item)
{
    uint8_t n = item->count;
    switch (item->letter) {
    case 'u': case 'y': case 'Y':
        if (n == 2) set_width(item, 2, 2, SIGN_NEVER);
        else set_width(item, n, 19, n < 4 ? SIGN_NORMAL : SIGN_EXCEEDS);
        break;
    case 'D': set_width(item, n, n == 1 ? 19 : 3, n == 1 ? SIGN_NORMAL : SIGN_NEVER); break;
    case 'w': set_width(item, n, 2, SIGN_NEVER); break;
    case 'W': case 'e': case 'c': set_width(item, n, n, SIGN_NEVER); break;
    case 'A': case 'n': case 'N': set_width(item, n, 19, SIGN_NEVER); break;
    case 'g': set_width(item, n, 19, SIGN_NORMAL); break;
    case 'S': set_width(item, n, n, SIGN_NEVER); break;
    default: set_width(item, n, n == 1 ? 19 : 2, n == 1 ? SIGN_NORMAL : SIGN_NEVER); break;
    }
}

static bool formatter_field(PatternItem *item, const char **why)
{
    const LetterRule *rule = formatter_rule(item->letter);
    if (!rule) return *why = "unknown pattern letter", false;
    if (item->count > rule->most || !count_allowed(item->letter, item->count)) return *why = "wrong number of pattern letters", false;
    item->number = item->count < rule->text_from;
    if (item->number) formatter_width(item);
    return true;
}

static bool simple_field(PatternItem *item, const char **why)
{
    char letter = item->letter;
    if (!strchr(simple_letters, letter)) return *why = "unknown pattern letter", false;
    if (letter == 'X' && item->count > 3) return *why = "wrong number of pattern letters", false;
    bool text = letter == 'G' || letter == 'E' || letter == 'a' || letter == 'z' || letter == 'Z' || letter == 'X';
    item->number = !text && !((letter == 'M' || letter == 'L') && item->count > 2);
    return true;
}

/* --- compiler --- */

typedef struct Compiler {
    Arena *arena;
    PatternDialect dialect;
    const char *p, *end, **why;
    struct { PatternItem *v; uint32_t n, cap; } items;
    uint32_t open[16], depth;
} Compiler;

static PatternItem *add_item(Compiler *c, PatternItemKind kind)
{
    PatternItem item = { .kind = kind };
    ARENA_PUSH(c->arena, c->items, item);
    return &c->items.v[c->items.n - 1];
}

static void add_text(Compiler *c, Str text)
{
    PatternItem *last = c->items.n ? &c->items.v[c->items.n - 1] : NULL;
    if (last && last->kind == ITEM_TEXT) {
        char *joined = arena_alloc(c->arena, (size_t)last->text.len + text.len);
        memcpy(joined, last->text.ptr, last->text.len);
        memcpy(joined + last->text.len, text.ptr, text.len);
        last->text = (Str){ joined, last->text.len + text.len };
    } else {
        add_item(c, ITEM_TEXT)->text = str_dup(c->arena, text);
    }
}

/* FORMATTER: 'text' with '' inside for an apostrophe; '' alone is one. */
static bool compile_quote(Compiler *c)
{
    const char *start = ++c->p;
    bool empty = true;
    for (; c->p < c->end; c->p++) {
        if (*c->p != '\'') continue;
        bool doubled = c->p + 1 < c->end && c->p[1] == '\'';
        uint32_t n = (uint32_t)(c->p - start) + doubled;        /* with one of the two apostrophes */
        if (n) add_text(c, (Str){ start, n });
        else if (empty) add_text(c, STR("'"));
        c->p += doubled;
        start = c->p + 1;
        empty = false;
        if (doubled) continue;
        c->p++;
        return true;
    }
    return *c->why = "quote is not closed", false;
}

/* SIMPLE: '' is an apostrophe inside and outside of quotes. */
static bool compile_quote_simple(Compiler *c)
{
    bool quoted = false;
    while (c->p < c->end) {
        if (*c->p != '\'') {
            if (!quoted) return true;
            add_text(c, (Str){ c->p++, 1 });
        } else if (c->p + 1 < c->end && c->p[1] == '\'') {
            add_text(c, STR("'"));
            c->p += 2;
        } else {
            quoted = !quoted;
            c->p++;
        }
    }
    if (quoted) return *c->why = "quote is not closed", false;
    return true;
}

static uint32_t run_length(const Compiler *c)
{
    const char *p = c->p;
    while (p < c->end && *p == *c->p) p++;
    return (uint32_t)(p - c->p);
}

static bool compile_letters(Compiler *c)
{
    uint32_t n = run_length(c), pad = 0;
    char letter = *c->p;
    if (letter == 'p' && c->dialect == PATTERN_FORMATTER) {
        pad = n;
        c->p += n;
        bool more = c->p < c->end && ((*c->p >= 'a' && *c->p <= 'z') || (*c->p >= 'A' && *c->p <= 'Z'));
        if (!more) return *c->why = "pad letter 'p' must be followed by a letter", false;
        letter = *c->p;
        n = run_length(c);
    }
    if (n > 200 || pad > 200) return *c->why = "wrong number of pattern letters", false;
    c->p += n;
    PatternItem *item = add_item(c, ITEM_FIELD);
    item->letter = letter;
    item->count = (uint8_t)n;
    item->pad = (uint8_t)pad;
    return c->dialect == PATTERN_FORMATTER ? formatter_field(item, c->why) : simple_field(item, c->why);
}

static bool compile_bracket(Compiler *c)
{
    if (*c->p++ == '[') {
        if (c->depth == sizeof c->open / sizeof *c->open) return *c->why = "optional parts are nested too deeply", false;
        c->open[c->depth++] = c->items.n;
        add_item(c, ITEM_OPEN);
    } else {
        if (!c->depth) return *c->why = "']' without '['", false;
        uint32_t open = c->open[--c->depth];
        add_item(c, ITEM_CLOSE);
        c->items.v[open].jump = c->items.n - 1;
    }
    return true;
}

static bool compile_items(Compiler *c)
{
    while (c->p < c->end) {
        char ch = *c->p;
        bool ok = true;
        if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')) ok = compile_letters(c);
        else if (ch == '\'') ok = c->dialect == PATTERN_FORMATTER ? compile_quote(c) : compile_quote_simple(c);
        else if (c->dialect == PATTERN_FORMATTER && (ch == '[' || ch == ']')) ok = compile_bracket(c);
        else if (c->dialect == PATTERN_FORMATTER && (ch == '{' || ch == '}' || ch == '#')) return *c->why = "reserved character in pattern", false;
        else add_text(c, (Str){ c->p++, 1 });
        if (!ok) return false;
    }
    while (c->depth) {                                          /* java closes what is still open */
        uint32_t open = c->open[--c->depth];
        add_item(c, ITEM_CLOSE);
        c->items.v[open].jump = c->items.n - 1;
    }
    return true;
}

/* Numbers side by side (yyyyMMdd): the first gives up the digits that the fixed ones behind it need. */
static void share_digits(PatternItem *items, uint32_t n)
{
    PatternItem *base = NULL;
    for (uint32_t i = 0; i < n; i++) {
        PatternItem *item = &items[i];
        if (item->kind != ITEM_FIELD || !item->number || item->pad) {
            base = NULL;
        } else if (base && item->least == item->most && item->sign == SIGN_NEVER) {
            base->reserve = (uint8_t)(base->reserve + item->most);
            item->fixed = true;
        } else {
            if (base) base->fixed = true;
            base = item;
        }
    }
}

/* SIMPLE: a field keeps to its count when a number follows at once. */
static void obey_counts(PatternItem *items, uint32_t n)
{
    for (uint32_t i = 0; i + 1 < n; i++)
        items[i].fixed = items[i].kind == ITEM_FIELD && items[i + 1].kind == ITEM_FIELD && items[i + 1].number;
}

DatePattern *pattern_compile(Arena *arena, Str pattern, PatternDialect dialect, const char **why)
{
    Compiler c = { .arena = arena, .dialect = dialect, .p = pattern.ptr, .end = pattern.ptr + pattern.len, .why = why };
    *why = NULL;
    if (!compile_items(&c)) return NULL;
    if (dialect == PATTERN_FORMATTER) share_digits(c.items.v, c.items.n);
    else obey_counts(c.items.v, c.items.n);
    DatePattern *compiled = ARENA_NEW(arena, DatePattern);
    *compiled = (DatePattern){ dialect, c.items.v, c.items.n };
    return compiled;
}

bool pattern_parse(const DatePattern *pattern, Str text, Instant *out_local, bool *has_offset, int32_t *offset_sec)
{
    if (!text.ptr) text.ptr = "";
    *has_offset = false;
    *offset_sec = 0;
    return pattern->dialect == PATTERN_FORMATTER ? pattern_parse_formatter(pattern, text, out_local, has_offset, offset_sec)
                                                 : pattern_parse_simple(pattern, text, out_local, has_offset, offset_sec);
}
