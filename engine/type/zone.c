/* Time zones by name: fixed offsets are made from their text, regions are read from the system's zone files once and kept
 * for the process in a list behind a mutex. A Zone never changes after it is listed, so using one takes no lock.
 * Two families of rules, as in Java: java.time (CAST, LTZ) knows local mean time and takes the earlier instant of an
 * overlap; java.util.TimeZone ("legacy": UNIX_TIMESTAMP, FROM_UNIXTIME, CONVERT_TZ) knows neither. */
#include "engine/type/datetime.h"
#include "engine/base/io.h"
#include "engine/type/zone_rules.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct Zone {
    Str name;
    bool fixed;
    ZoneOffset offset;          /* fixed */
    ZoneRules rules;            /* not fixed */
    ZoneOffset raw;             /* today's standard time: what java.util uses before 1900 */
    Zone *next;
};

static Zone utc = { .name = { "UTC", 3 }, .fixed = true, .offset = { 0, false, "UTC" }, .raw = { 0, false, "UTC" } };
static Zone *zones;                                     /* guarded by zones_lock */
static Arena *zones_arena;
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;

const Zone *zone_utc(void)
{
    return &utc;
}

Str zone_name(const Zone *zone)
{
    return zone->name;
}

/* --- fixed offsets --- */

static bool two_digits(const char *p, int32_t max, int32_t *out)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') return false;
    *out = (p[0] - '0') * 10 + (p[1] - '0');
    return *out <= max;
}

/* java.time: +h, +hh, +hh:mm, +hhmm, +hh:mm:ss, +hhmmss, at most 18 hours. */
static bool read_offset(Str s, int32_t *east_sec)
{
    if (s.len < 2 || (s.ptr[0] != '+' && s.ptr[0] != '-')) return false;
    int32_t part[3] = { 0, 0, 0 };
    const char *p = s.ptr + 1, *end = s.ptr + s.len;
    if (end - p == 1) {
        if (*p < '0' || *p > '9') return false;
        part[0] = *p - '0';
    } else {
        bool colon = end - p > 2 && p[2] == ':';
        for (int i = 0; p < end; i++) {
            if (i && colon && *p++ != ':') return false;
            if (i == 3 || end - p < 2 || !two_digits(p, i ? 59 : 18, &part[i])) return false;
            p += 2;
        }
    }
    int32_t v = part[0] * 3600 + part[1] * 60 + part[2];
    if (v > 18 * 3600) return false;
    *east_sec = s.ptr[0] == '-' ? -v : v;
    return true;
}

/* java.util: GMT+h, GMT+hh, GMT+hmm, GMT+hhmm, GMT+h:mm, GMT+hh:mm. */
static bool read_legacy_offset(Str s, int32_t *east_sec)
{
    if (!str_starts(s, "GMT") || s.len < 5 || (s.ptr[3] != '+' && s.ptr[3] != '-')) return false;
    int32_t hour = 0, minute = 0, digits = 0;
    const char *p = s.ptr + 4, *end = s.ptr + s.len;
    for (; p < end && *p >= '0' && *p <= '9' && digits < 4; p++, digits++) hour = hour * 10 + (*p - '0');
    if (digits > 2) {
        minute = hour % 100;
        hour /= 100;
        if (p < end) return false;
    } else if (p < end) {
        if (!digits || end - p != 3 || *p != ':' || !two_digits(p + 1, 59, &minute)) return false;
    }
    if (!digits || hour > 23 || minute > 59) return false;
    *east_sec = (hour * 3600 + minute * 60) * (s.ptr[3] == '-' ? -1 : 1);
    return true;
}

/* "+05:30", seconds only when there are some. */
static void write_offset(int32_t east_sec, char out[16])
{
    int32_t v = east_sec < 0 ? -east_sec : east_sec, part[] = { v / 3600, v / 60 % 60, v % 60 };
    char *p = out;
    *p++ = east_sec < 0 ? '-' : '+';
    for (int i = 0; i < (part[2] ? 3 : 2); i++) {
        if (i) *p++ = ':';
        *p++ = (char)('0' + part[i] / 10);
        *p++ = (char)('0' + part[i] % 10);
    }
    *p = 0;
}

/* --- the list; callers hold the lock --- */

static Zone *zone_listed(Str name)
{
    for (Zone *zone = zones; zone; zone = zone->next)
        if (str_eq(zone->name, name)) return zone;
    return NULL;
}

static Zone *zone_new(Str name)
{
    if (!zones_arena) zones_arena = arena_new();
    Zone *zone = ARENA_NEW(zones_arena, Zone);
    zone->name = str_dup(zones_arena, name);
    zone->next = zones;
    zones = zone;
    return zone;
}

static Zone *zone_add_fixed(Str name, int32_t east_sec, const char *abbrev)
{
    Zone *zone = zone_new(name);
    zone->fixed = true;
    zone->offset.east_sec = east_sec;
    size_t n = strlen(abbrev);
    memcpy(zone->offset.abbrev, abbrev, n < ZONE_ABBREV_MAX ? n : ZONE_ABBREV_MAX - 1);
    zone->raw = zone->offset;
    return zone;
}

/* Names are paths below the zone folder: letters, digits and _+-/ only, so none climbs out of it. */
static bool region_name(Str name)
{
    if (!name.len || name.len > 64 || name.ptr[0] == '/' || name.ptr[0] == '-' || name.ptr[0] == '+') return false;
    for (uint32_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '+' && c != '-' && c != '/') return false;
    }
    return !str_starts(name, "posix") && !str_starts(name, "right/") && !str_is(name, "localtime") && !str_is(name, "Factory");
}

/* Standard time of the last rule. Dublin's "summer" time is the earlier one: the smaller offset is the standard. */
static ZoneOffset raw_offset(const ZoneRules *rules)
{
    const ZoneFooter *footer = &rules->footer;
    if (footer->present)
        return footer->has_summer && footer->summer.east_sec < footer->standard.east_sec ? footer->summer : footer->standard;
    for (uint32_t i = rules->nchanges; i-- > 0;)
        if (!rules->offsets[rules->becomes[i]].summer) return rules->offsets[rules->becomes[i]];
    return rules->offsets[0];
}

static Zone *zone_load(Str name)
{
    if (!region_name(name)) return NULL;
    const char *dir = getenv("TZDIR");
    StrBuf path = { 0 }, bytes = { 0 };
    Err err = { 0 };
    strbuf_addf(&path, "%s/" STR_FMT, dir && *dir ? dir : "/usr/share/zoneinfo", STR_ARG(name));
    Zone *zone = NULL;
    if (io_read_file(strbuf_cstr(&path), &bytes, &err)) {
        if (!zones_arena) zones_arena = arena_new();
        ZoneRules rules;
        if (tzif_read(zones_arena, strbuf_str(&bytes), &rules)) {
            zone = zone_new(name);
            zone->rules = rules;
            zone->raw = raw_offset(&rules);
        }
    }
    strbuf_free(&path);
    strbuf_free(&bytes);
    return zone;
}

/* --- names --- */

static Zone *find_locked(Str name)
{
    Zone *zone = zone_listed(name);
    if (zone) return zone;
    int32_t east_sec;
    char abbrev[16];
    if (str_is(name, "Z") || str_is(name, "UTC") || str_is(name, "GMT") || str_is(name, "UT"))
        return zone_add_fixed(name, 0, str_is(name, "GMT") ? "GMT" : "UTC");
    if (read_offset(name, &east_sec)) {
        write_offset(east_sec, abbrev);
        return zone_add_fixed(name, east_sec, abbrev);
    }
    uint32_t prefix = str_starts(name, "UTC") || str_starts(name, "GMT") ? 3 : str_starts(name, "UT") ? 2 : 0;
    if (prefix && read_offset(str_sub(name, prefix, name.len), &east_sec)) {
        char full[24];
        memcpy(full, name.ptr, prefix);
        write_offset(east_sec, full + prefix);
        return zone_add_fixed(name, east_sec, full);
    }
    return zone_load(name);
}

/* Name of the machine's zone: TZ, else where /etc/localtime points, else UTC. */
static Str system_zone_name(char *buffer, size_t size)
{
    const char *tz = getenv("TZ");
    if (tz && *tz) return str_of(*tz == ':' ? tz + 1 : tz);
    ssize_t n = readlink("/etc/localtime", buffer, size);
    if (n <= 0 || (size_t)n >= size) return STR("UTC");
    Str target = { buffer, (uint32_t)n };
    int64_t at = str_find(target, STR("zoneinfo/"), 0);
    return at < 0 ? STR("UTC") : str_sub(target, (uint32_t)at + 9, target.len);
}

const Zone *zone_find(Str name)
{
    char buffer[512];
    bool system = str_iis(name, "default");
    if (system) name = system_zone_name(buffer, sizeof buffer);
    if (!name.len || name.len > 64) return system ? &utc : NULL;
    pthread_mutex_lock(&zones_lock);
    const Zone *zone = find_locked(name);
    pthread_mutex_unlock(&zones_lock);
    return zone || !system ? zone : &utc;
}

/* Three-letter names that only java.util.TimeZone knows. */
static const struct { const char *name, *region; } legacy_names[] = {
    { "ACT", "Australia/Darwin" }, { "AET", "Australia/Sydney" }, { "AGT", "America/Argentina/Buenos_Aires" }, { "ART", "Africa/Cairo" },
    { "AST", "America/Anchorage" }, { "BET", "America/Sao_Paulo" }, { "BST", "Asia/Dhaka" }, { "CAT", "Africa/Harare" },
    { "CNT", "America/St_Johns" }, { "CST", "America/Chicago" }, { "CTT", "Asia/Shanghai" }, { "EAT", "Africa/Addis_Ababa" },
    { "ECT", "Europe/Paris" }, { "IET", "America/Indiana/Indianapolis" }, { "IST", "Asia/Kolkata" }, { "JST", "Asia/Tokyo" },
    { "MIT", "Pacific/Apia" }, { "NET", "Asia/Yerevan" }, { "NST", "Pacific/Auckland" }, { "PLT", "Asia/Karachi" },
    { "PNT", "America/Phoenix" }, { "PRT", "America/Puerto_Rico" }, { "PST", "America/Los_Angeles" }, { "SST", "Pacific/Guadalcanal" },
    { "VST", "Asia/Ho_Chi_Minh" },
};

const Zone *zone_find_legacy(Str name)
{
    int32_t east_sec;
    for (size_t i = 0; i < sizeof legacy_names / sizeof *legacy_names; i++)
        if (str_is(name, legacy_names[i].name)) name = str_of(legacy_names[i].region);
    if (str_is(name, "EST")) name = STR("-05:00");
    else if (str_is(name, "MST")) name = STR("-07:00");
    else if (str_is(name, "HST")) name = STR("-10:00");
    else if (read_legacy_offset(name, &east_sec)) {
        char full[24] = "GMT";
        write_offset(east_sec, full + 3);
        name = STR_NULL;
        pthread_mutex_lock(&zones_lock);
        const Zone *zone = zone_listed(str_of(full));
        if (!zone) zone = zone_add_fixed(str_of(full), east_sec, full);
        pthread_mutex_unlock(&zones_lock);
        return zone;
    } else if (!region_name(name) || str_starts(name, "UTC+") || str_starts(name, "UTC-") || str_starts(name, "UT+") || str_starts(name, "UT-"))
        name = STR("GMT");
    const Zone *zone = zone_find(name);
    return zone ? zone : zone_find(STR("GMT"));
}

/* --- offsets --- */

/* The span this thread looked up last: the rows of a stream lie close together. Zones live for the process. */
static _Thread_local struct { const Zone *zone; ZoneSpan span; } last_lookup;

static inline const ZoneOffset *offset_at(const Zone *zone, int64_t utc_sec)
{
    if (zone->fixed) return &zone->offset;
    if (last_lookup.zone != zone || utc_sec < last_lookup.span.from_sec || utc_sec >= last_lookup.span.until_sec) {
        last_lookup.span = zone_rules_span(&zone->rules, utc_sec);
        last_lookup.zone = zone;
    }
    return last_lookup.span.offset;
}

int32_t zone_offset(const Zone *zone, int64_t utc_sec)
{
    return offset_at(zone, utc_sec)->east_sec;
}

static const int64_t legacy_start_sec = -2208988800;    /* 1900-01-01: java.util's tables begin here */

int32_t zone_offset_legacy(const Zone *zone, int64_t utc_sec)
{
    return utc_sec < legacy_start_sec ? zone->raw.east_sec : zone_offset(zone, utc_sec);
}

/* Tries the offsets in force a day before and a day after; no zone changes twice within two days. */
static int64_t local_to_utc(const Zone *zone, int64_t local_sec, int32_t (*offset)(const Zone *, int64_t), bool later)
{
    int32_t before = offset(zone, local_sec - 86400), after = offset(zone, local_sec + 86400);
    int64_t early = local_sec - before, late = local_sec - after;
    if (before == after) return early;
    bool early_ok = offset(zone, early) == before, late_ok = offset(zone, late) == after;
    if (early_ok && late_ok) return later ? late : early;
    return late_ok ? late : early;                      /* neither: a gap, which the old offset shifts forward */
}

int64_t zone_to_utc(const Zone *zone, int64_t local_sec)
{
    if (zone->fixed) return local_sec - zone->offset.east_sec;
    return local_to_utc(zone, local_sec, zone_offset, false);
}

int64_t zone_to_utc_legacy(const Zone *zone, int64_t local_sec)
{
    if (zone->fixed) return local_sec - zone->offset.east_sec;
    return local_to_utc(zone, local_sec, zone_offset_legacy, true);
}

Str zone_abbrev(const Zone *zone, int64_t utc_sec)
{
    if (zone->fixed) return str_of(zone->offset.abbrev);
    /* Today's names for standard and summer time, also for years that had others (LMT, EWT), as Java prints them. */
    const ZoneOffset *offset = utc_sec < legacy_start_sec ? &zone->raw : offset_at(zone, utc_sec);
    const ZoneFooter *footer = &zone->rules.footer;
    if (!footer->present) return str_of(offset->abbrev);
    if (!offset->summer) return str_of(footer->standard.abbrev);
    return str_of(footer->has_summer ? footer->summer.abbrev : offset->abbrev);
}
