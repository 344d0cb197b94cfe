/* Time zones: names, offsets, gaps and overlaps as Java has them. Rows measured on Flink and Java; skipped where the machine
 * has no zone files. The reader of the files is tried with made and damaged ones. */
#include "tests/unit/unit.h"

#include "engine/base/clock.h"
#include "engine/base/io.h"
#include "engine/type/datetime.h"
#include "engine/type/zone_rules.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t sec(const char *text)
{
    Instant t;
    if (!timestamp_parse_cast(str_of(text), &t)) fail_msg("not a timestamp: %s", text);
    return t.sec;
}

static void names(void **state)
{
    (void)state;
    static const struct { const char *name; int32_t east_sec; } fixed[] = {
        { "UTC", 0 }, { "Z", 0 }, { "GMT", 0 }, { "UT", 0 }, { "+8", 28800 }, { "+08", 28800 }, { "+0800", 28800 }, { "-08:00", -28800 }, { "+08:00:30", 28830 }, { "+05:30", 19800 }, { "UTC+8", 28800 },
        { "UTC+08:00", 28800 }, { "GMT+05:30", 19800 }, { "GMT-0", 0 }, { "UT+1", 3600 }, { "+18:00", 64800 }, { "UTC-5", -18000 }, { "GMT+0530", 19800 },
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        const Zone *zone = zone_find(str_of(fixed[i].name));
        assert_non_null(zone);
        assert_int_equal(zone_offset(zone, 0), fixed[i].east_sec);
        assert_int_equal(zone_to_utc(zone, 100000), 100000 - fixed[i].east_sec);
        assert_ptr_equal(zone, zone_find(str_of(fixed[i].name)));
        assert_text(zone_name(zone), fixed[i].name);
    }
    static const char *const unknown[] = { "", "utc", "+18:01", "GMT+5:30", "Europe/paris", "Nowhere/City", "../../../etc/passwd", "/etc/passwd", "Europe", "posix/Europe/Paris", "+", "+1:00", "+08:0", "UTC+", "+08:00:3", "PST" };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) assert_null(zone_find(str_of(unknown[i])));
    assert_non_null(zone_find(STR("default")));
    static const struct { const char *name; int32_t east_sec; } legacy[] = {
        { "GMT+5:30", 19800 }, { "GMT+530", 19800 }, { "GMT-08:00", -28800 }, { "EST", -18000 }, { "HST", -36000 }, { "UTC+8", 0 }, { "-08:00", 0 }, { "asia/tokyo", 0 }, { "Bad", 0 }, { "", 0 }, { "GMT+24", 0 }, { "GMT+1:60", 0 },
    };
    for (size_t i = 0; i < sizeof legacy / sizeof *legacy; i++) assert_int_equal(zone_offset_legacy(zone_find_legacy(str_of(legacy[i].name)), 0), legacy[i].east_sec);
}

static const Zone *region(const char *name)
{
    const Zone *zone = zone_find(str_of(name));
    if (!zone) skip();
    return zone;
}

/* Local wall clock -> instant (both families) and offset there. */
typedef struct LocalRow { const char *zone, *local, *utc, *utc_legacy; } LocalRow;

static void local_times(void **state)
{
    (void)state;
    static const LocalRow rows[] = {
        { "America/New_York", "2024-03-10 02:30:00", "2024-03-10 07:30:00", "2024-03-10 07:30:00" },    /* gap */
        { "America/New_York", "2024-03-10 01:59:59", "2024-03-10 06:59:59", "2024-03-10 06:59:59" }, { "America/New_York", "2024-03-10 03:01:00", "2024-03-10 07:01:00", "2024-03-10 07:01:00" },
        { "America/New_York", "2024-11-03 01:30:00", "2024-11-03 05:30:00", "2024-11-03 06:30:00" },    /* overlap */
        { "America/New_York", "2024-11-03 00:30:00", "2024-11-03 04:30:00", "2024-11-03 04:30:00" }, { "America/New_York", "2024-11-03 02:30:00", "2024-11-03 07:30:00", "2024-11-03 07:30:00" },
        { "America/New_York", "1850-06-01 12:00:00", "1850-06-01 16:56:02", "1850-06-01 17:00:00" },    /* local mean time */
        { "America/New_York", "1883-11-18 12:01:00", "1883-11-18 16:57:02", "1883-11-18 17:01:00" }, { "America/New_York", "1918-07-04 12:00:00", "1918-07-04 16:00:00", "1918-07-04 16:00:00" },
        { "America/New_York", "9999-12-31 23:59:59", "+", NULL }, { "Europe/London", "1847-12-01 00:00:30", "1847-12-01 00:01:45", NULL }, { "Europe/London", "1970-01-01 01:00:00", "1970-01-01 00:00:00", "1970-01-01 00:00:00" },
        { "Europe/London", "2024-03-31 01:30:00", "2024-03-31 01:30:00", "2024-03-31 01:30:00" }, { "Asia/Kolkata", "1942-09-01 00:30:00", "1942-08-31 19:00:00", "1942-08-31 19:00:00" },
        { "Asia/Kolkata", "1945-10-14 23:30:00", "1945-10-14 17:00:00", "1945-10-14 18:00:00" }, { "Asia/Shanghai", "1991-04-14 02:30:00", "1991-04-13 18:30:00", "1991-04-13 18:30:00" },
        { "Asia/Shanghai", "1991-09-15 01:30:00", "1991-09-14 16:30:00", "1991-09-14 17:30:00" }, { "Asia/Shanghai", "1986-07-04 12:00:00", "1986-07-04 03:00:00", "1986-07-04 03:00:00" },
        { "Asia/Kathmandu", "2024-01-01 05:45:00", "2024-01-01 00:00:00", "2024-01-01 00:00:00" }, { "America/New_York", "2050-06-30 20:00:00", "2050-07-01 00:00:00", "2050-07-01 00:00:00" },
        { "Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30 22:00:00", "2011-12-30 22:00:00" },        /* a day that was left out */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const Zone *zone = region(rows[i].zone);
        int64_t local = sec(rows[i].local), want = *rows[i].utc == '+' ? sec("9999-12-31 23:59:59") + 5 * 3600 : sec(rows[i].utc);
        if (zone_to_utc(zone, local) != want) fail_msg("%s %s: %+lld s", rows[i].zone, rows[i].local, (long long)(zone_to_utc(zone, local) - want));
        if (rows[i].utc_legacy && zone_to_utc_legacy(zone, local) != sec(rows[i].utc_legacy)) fail_msg("%s %s, java.util", rows[i].zone, rows[i].local);
    }
}

static void abbreviations(void **state)
{
    (void)state;
    const Zone *york = region("America/New_York");
    assert_text(zone_abbrev(york, 1719851696), "EDT");
    assert_text(zone_abbrev(york, 0), "EST");
    assert_text(zone_abbrev(york, -3773736000), "EST");
    assert_text(zone_abbrev(york, 4118083200), "EDT");
    assert_text(zone_abbrev(region("Asia/Shanghai"), 684865800), "CDT");
    assert_text(zone_abbrev(zone_utc(), 0), "UTC");
    assert_text(zone_abbrev(zone_find_legacy(STR("GMT+5:30")), 0), "GMT+05:30");
}

/* Instant -> local -> instant holds for every instant outside the second pass of an overlap. */
static void round_trips(void **state)
{
    (void)state;
    static const char *const zones[] = { "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Tehran", "Africa/Casablanca" };
    random_seed(2);
    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
        const Zone *zone = region(zones[z]);
        int64_t overlap = 0;
        for (int i = 0; i < 20000; i++) {
            int64_t utc = (int64_t)(random_u64() % 9000000000ull) - 1000000000;
            int64_t back = zone_to_utc(zone, utc + zone_offset(zone, utc));
            if (back != utc) {
                assert_true(back < utc && utc - back <= 7200);
                assert_int_equal(zone_to_utc_legacy(zone, utc + zone_offset(zone, utc)), utc);
                overlap++;
            }
        }
        assert_true(overlap < 100);
    }
}

static void footers(void **state)
{
    (void)state;
    ZoneFooter f;
    assert_true(tz_footer_read(STR("EST5EDT,M3.2.0,M11.1.0"), &f));
    assert_int_equal(f.standard.east_sec, -18000);
    assert_int_equal(f.summer.east_sec, -14400);
    assert_int_equal(f.to_summer.time_sec, 7200);
    assert_true(tz_footer_read(STR("IST-1GMT0,M10.5.0,M3.5.0/1"), &f));
    assert_int_equal(f.summer.east_sec, 0);
    assert_true(tz_footer_read(STR("<+0330>-3:30<+0430>,J79/24,J263/-1"), &f));
    assert_int_equal(f.standard.east_sec, 12600);
    assert_string_equal(f.summer.abbrev, "+0430");
    assert_int_equal(f.to_standard.time_sec, -3600);
    assert_true(tz_footer_read(STR("CST-8"), &f));
    assert_false(f.has_summer);
    assert_true(tz_footer_read(STR("AAA3BBB,10/2:30:15,300"), &f));
    static const char *const bad[] = { "", "EST", "ES5", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J366,J1", "EST5x", "<+03", "EST5EDT,M3.2.0,M11.1.0x", "EST999" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(tz_footer_read(str_of(bad[i]), &f));

    /* A rule without a table, north and south of the equator; the last Sunday; days counted from the year's first. */
    ZoneRules rules = { .offsets = &f.standard, .noffsets = 1 };
    assert_true(tz_footer_read(STR("CET-1CEST,M3.5.0,M10.5.0/3"), &rules.footer));
    assert_int_equal(zone_rules_at(&rules, sec("2024-03-31 00:59:59"))->east_sec, 3600);
    assert_int_equal(zone_rules_at(&rules, sec("2024-03-31 01:00:00"))->east_sec, 7200);
    assert_int_equal(zone_rules_at(&rules, sec("2024-10-27 00:59:59"))->east_sec, 7200);
    assert_int_equal(zone_rules_at(&rules, sec("2024-10-27 01:00:00"))->east_sec, 3600);
    assert_true(tz_footer_read(STR("AEST-10AEDT,M10.1.0,M4.1.0/3"), &rules.footer));
    assert_int_equal(zone_rules_at(&rules, sec("2030-01-01 00:00:00"))->east_sec, 39600);
    assert_int_equal(zone_rules_at(&rules, sec("2030-07-01 00:00:00"))->east_sec, 36000);
    assert_true(tz_footer_read(STR("XXX0YYY,J60/0,59/0"), &rules.footer));     /* 1 March and, counted from 0, 29 February or 1 March */
    assert_true(zone_rules_at(&rules, sec("2024-03-01 00:00:00"))->summer);
    assert_false(zone_rules_at(&rules, sec("2024-02-29 12:00:00"))->summer);
}

/* No cut or flipped byte of a real file makes the reader fail otherwise than by refusing or reading other rules. */
static void damaged_files(void **state)
{
    (void)state;
    StrBuf file = { 0 };
    Err err = { 0 };
    if (!io_read_file("/usr/share/zoneinfo/America/New_York", &file, &err)) skip();
    Arena *arena = arena_new();
    ZoneRules rules;
    assert_true(tzif_read(arena, strbuf_str(&file), &rules));
    assert_true(rules.footer.present);
    random_seed(4);
    for (uint32_t len = 0; len < file.len; len += 1 + len / 50) {
        char *exact = arena_copy(arena, file.ptr, len);
        if (tzif_read(arena, (Str){ exact, len }, &rules)) zone_rules_at(&rules, 1719851696);
    }
    for (int i = 0; i < 3000; i++) {
        char *copy = arena_copy(arena, file.ptr, file.len);
        for (int k = 0; k < 3; k++) copy[random_u64() % (i & 1 ? 120 : file.len)] = (char)random_u64();
        if (tzif_read(arena, (Str){ copy, file.len }, &rules))
            for (int64_t t = -5000000000; t < 9000000000; t += 1000000000) zone_rules_at(&rules, t);
        if (i % 100 == 0) arena_reset(arena);
    }
    arena_free(arena);
    strbuf_free(&file);
}

/* TZDIR names another folder of zone files. */
static void own_folder(void **state)
{
    (void)state;
    StrBuf file = { 0 };
    Err err = { 0 };
    if (!io_read_file("/usr/share/zoneinfo/Asia/Tokyo", &file, &err)) skip();
    char dir[] = "/tmp/weir-zone-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    StrBuf name = { 0 };
    strbuf_addf(&name, "%s/Own", dir);
    memcpy(path, strbuf_cstr(&name), name.len + 1);
    assert_true(io_write_file(path, strbuf_str(&file), &err));
    setenv("TZDIR", dir, 1);
    const Zone *zone = zone_find(STR("Own"));
    assert_non_null(zone);
    assert_int_equal(zone_offset(zone, 0), 9 * 3600);
    unsetenv("TZDIR");
    setenv("TZ", ":Asia/Tokyo", 1);
    assert_int_equal(zone_offset(zone_find(STR("default")), 0), 9 * 3600);
    unsetenv("TZ");
    unlink(path);
    rmdir(dir);
    strbuf_free(&name);
    strbuf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names), cmocka_unit_test(local_times), cmocka_unit_test(abbreviations), cmocka_unit_test(round_trips), cmocka_unit_test(footers), cmocka_unit_test(damaged_files), cmocka_unit_test(own_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
