/* The calendar, units and text of dates and times: rows measured on Flink, and random round trips. */
#include "tests/unit/unit.h"

#include "engine/base/clock.h"
#include "engine/type/datetime.h"

#include <time.h>

static Instant instant(const char *text)
{
    Instant t;
    if (!timestamp_parse_cast(str_of(text), &t)) fail_msg("not a timestamp: %s", text);
    return t;
}

static void calendar(void **state)
{
    (void)state;
    assert_int_equal(days_from_civil(1970, 1, 1), 0);
    assert_int_equal(days_from_civil(2000, 3, 1), 11017);
    assert_int_equal(days_from_civil(0, 1, 1), -719528);
    int32_t year = 0, month = 0, day = 0, y = -3000, m = 1, d = 1;
    for (int64_t days = days_from_civil(-3000, 1, 1); days < 3000000; days++) {
        civil_from_days(days, &year, &month, &day);
        if (year != y || month != m || day != d) fail_msg("day %lld is %d-%d-%d, not %d-%d-%d", (long long)days, year, month, day, y, m, d);
        if (days_from_civil(y, m, d) != days) fail_msg("%d-%d-%d", y, m, d);
        if (++d > days_in_month(y, m)) {
            d = 1;
            if (++m > 12) m = 1, y++;
        }
    }
    assert_int_equal(days_in_month(1900, 2), 28);
    assert_int_equal(days_in_month(2000, 2), 29);
}

static void iso_weeks(void **state)
{
    (void)state;
    static const struct { const char *date; int32_t week, year; } rows[] = {
        { "2015-12-31", 53, 2015 }, { "2016-01-01", 53, 2015 }, { "2018-12-31", 1, 2019 }, { "2019-12-30", 1, 2020 }, { "2020-12-31", 53, 2020 }, { "2021-01-04", 1, 2021 },
        { "2022-01-02", 52, 2021 }, { "2024-12-30", 1, 2025 }, { "2026-12-31", 53, 2026 }, { "2027-01-03", 53, 2026 }, { "1582-10-04", 40, 1582 }, { "0001-01-01", 1, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t days, year;
        assert_true(date_parse_cast(str_of(rows[i].date), &days));
        assert_int_equal(iso_week(days, &year), rows[i].week);
        assert_int_equal(year, rows[i].year);
    }
}

static void instants_round_trip(void **state)
{
    (void)state;
    Arena *arena = arena_new();
    StrBuf buf = { 0 };
    random_seed(1);
    const Type *us = type_time(arena, TYPE_TIMESTAMP, 6, true), *ns = type_time(arena, TYPE_TIMESTAMP, 9, true), *ms = type_time(arena, TYPE_TIMESTAMP_LTZ, 3, true);
    for (int i = 0; i < 100000; i++) {
        Instant t = { (int64_t)(random_u64() % 315537897600ull) - 62135596800ll, (int32_t)(random_u64() % 1000000000) }, back;
        Civil civil = civil_of(t);
        back = civil_instant(&civil);
        assert_true(back.sec == t.sec && back.nano == t.nano);
        strbuf_clear(&buf);
        timestamp_print(t, 9, &buf);
        assert_true(timestamp_parse_cast(strbuf_str(&buf), &back));
        assert_true(back.sec == t.sec && back.nano == t.nano);
        uint32_t precision;
        if (t.sec > -12219292800) {                             /* literals refuse days that Java's calendar lacks */
            assert_true(timestamp_parse_literal(strbuf_str(&buf), &back, &precision));
            assert_true(back.sec == t.sec && back.nano == t.nano && precision == 9);
        }
        Datum cell = instant_datum(ns, t);
        back = instant_of(ns, &cell);
        assert_true(back.sec == t.sec && back.nano == t.nano);
        cell = instant_datum(us, t);
        back = instant_of(us, &cell);
        assert_true(back.sec == t.sec && back.nano == t.nano / 1000 * 1000);
        cell = instant_datum(ms, t);
        assert_true(cell.v.i64 == t.sec * 1000000 + t.nano / 1000000 * 1000);
        /* libc counts the same way. */
        time_t sec = (time_t)t.sec;
        struct tm tm;
        assert_non_null(gmtime_r(&sec, &tm));
        assert_true(tm.tm_year + 1900 == civil.year && tm.tm_mon + 1 == civil.month && tm.tm_mday == civil.day && tm.tm_hour == civil.hour && tm.tm_min == civil.minute && tm.tm_sec == civil.second);
        int64_t day = t.sec / 86400 - (t.sec % 86400 < 0);
        assert_int_equal(tm.tm_wday + 1, days_extract(UNIT_DOW, day));
        assert_int_equal(tm.tm_yday + 1, days_extract(UNIT_DOY, day));
    }
    strbuf_free(&buf);
    arena_free(arena);
}

static void literals(void **state)
{
    (void)state;
    static const struct { const char *text, *out; } dates[] = {
        { "2020-01-01", "2020-01-01" }, { "2021-02-29", "!" }, { "2020-1-1", "2020-01-01" }, { "2020-13-01", "!" }, { "2020-00-10", "!" }, { "0000-01-01", "!" }, { "0001-01-01", "0001-01-01" },
        { "9999-12-31", "9999-12-31" }, { "10000-01-01", "!" }, { "1582-10-10", "!" }, { " 2020-01-01", "2020-01-01" }, { " 2024-02-28 ", "!" }, { "2020/01/01", "!" }, { "20200101", "!" },
        { "2020-01-01 00:00:00", "!" }, { "", "!" }, { "24-1-1", "0024-01-01" }, { "2020- 1-1", "2020-01-01" }, { "2020-001-01", "2020-01-01" }, { "abc", "!" },
    };
    StrBuf buf = { 0 };
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        int32_t days;
        strbuf_clear(&buf);
        if (date_parse_literal(str_of(dates[i].text), &days)) date_print(days, &buf);
        else strbuf_addc(&buf, '!');
        assert_text(strbuf_str(&buf), dates[i].out);
    }
    static const struct { const char *text, *out; uint32_t precision; } times[] = {
        { "12:34:56", "12:34:56", 0 }, { "12:34:56.789", "12:34:56.789", 3 }, { "12:34:56.123456789", "12:34:56.123", 3 }, { "13:14:15.1239", "13:14:15.123", 3 }, { "24:00:00", "!", 0 }, { "1:2:3", "01:02:03", 0 },
        { "12:60:00", "!", 0 }, { "23:59:60", "!", 0 },
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int32_t ms;
        uint32_t precision = 0;
        strbuf_clear(&buf);
        if (time_parse_literal(str_of(times[i].text), &ms, &precision)) time_print(ms, precision, &buf);
        else strbuf_addc(&buf, '!');
        assert_text(strbuf_str(&buf), times[i].out);
        if (buf.ptr[0] != '!') assert_int_equal(precision, times[i].precision);
    }
    static const struct { const char *text, *out; } stamps[] = {
        { "2024-02-29 13:14:15", "2024-02-29 13:14:15" }, { "2024-02-29 13:14:15.1", "2024-02-29 13:14:15.1" }, { "2024-02-29 13:14:15.1234567891", "2024-02-29 13:14:15.123456789" }, { "2024-02-29", "2024-02-29 00:00:00" },
        { "2024-02-29T13:14:15", "!" }, { "2024-02-29 24:00:00", "!" }, { "0001-01-01 00:00:00", "0001-01-01 00:00:00" }, { "10000-01-01 00:00:00", "!" }, { "2020-02-30 00:00:00", "!" },
        { "1969-12-31 23:59:59.999", "1969-12-31 23:59:59.999" }, { "2020-01-01 00:00:00Z", "!" }, { "2020-01-01  00:00:00", "2020-01-01 00:00:00" }, { "2024-01-01 13:14", "!" }, { "2020-01-01 1:2:3.", "2020-01-01 01:02:03" }, { " 2020-01-01 00:00:00", "2020-01-01 00:00:00" },
    };
    for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
        Instant t;
        uint32_t precision;
        strbuf_clear(&buf);
        if (timestamp_parse_literal(str_of(stamps[i].text), &t, &precision)) timestamp_print(t, precision, &buf);
        else strbuf_addc(&buf, '!');
        assert_text(strbuf_str(&buf), stamps[i].out);
    }
    strbuf_free(&buf);
}

static void printing(void **state)
{
    (void)state;
    StrBuf buf = { 0 };
    interval_month_print(14, &buf);
    interval_month_print(-13, &buf);
    interval_month_print(0, &buf);
    interval_month_print(-128, &buf);
    assert_text(strbuf_str(&buf), "+1-02-1-01+0-00-10-08");
    strbuf_clear(&buf);
    interval_second_print(90061001, &buf);
    strbuf_addc(&buf, ' ');
    interval_second_print(-43200000, &buf);
    strbuf_addc(&buf, ' ');
    interval_second_print(INT64_MIN, &buf);
    assert_text(strbuf_str(&buf), "+1 01:01:01.001 -0 12:00:00.000 -106751991167 07:12:55.808");
    strbuf_clear(&buf);
    date_print((int32_t)days_from_civil(12024, 2, 29), &buf);
    date_print((int32_t)days_from_civil(-1, 1, 1), &buf);
    assert_text(strbuf_str(&buf), "12024-02-29-0001-01-01");
    strbuf_clear(&buf);
    time_print(0, 3, &buf);
    time_print(45296700, 2, &buf);
    time_print(86400000, 0, &buf);
    assert_text(strbuf_str(&buf), "00:00:00.012:34:56.724:00:00");
    strbuf_free(&buf);
}

typedef struct UnitRow { TimeUnit unit; const char *t; int64_t value; const char *floor, *ceil; } UnitRow;

static void units(void **state)
{
    (void)state;
    static const UnitRow rows[] = {
        { UNIT_MILLENNIUM, "2024-02-29 13:14:15.123", 3, "2001-01-01 00:00:00", "3001-01-01 00:00:00" }, { UNIT_MILLENNIUM, "2000-01-01", 2, "1001-01-01 00:00:00", "2001-01-01 00:00:00" },
        { UNIT_CENTURY, "2001-01-01 10:10:10", 21, "2001-01-01 00:00:00", "2101-01-01 00:00:00" }, { UNIT_CENTURY, "2000-01-01", 20, "1901-01-01 00:00:00", "2001-01-01 00:00:00" },
        { UNIT_DECADE, "1970-01-01", 197, "1970-01-01 00:00:00", "1980-01-01 00:00:00" }, { UNIT_DECADE, "1969-12-31", 196, "1960-01-01 00:00:00", "1970-01-01 00:00:00" }, { UNIT_DECADE, "1969-12-31 00:00:01", 197, "1970-01-01 00:00:00", "1980-01-01 00:00:00" },
        { UNIT_YEAR, "1970-01-01", 1970, "1970-01-01 00:00:00", "1970-01-01 00:00:00" }, { UNIT_YEAR, "2024-03-03", 2024, "2024-01-01 00:00:00", "2025-01-01 00:00:00" },
        { UNIT_QUARTER, "2024-01-01 00:00:00.001", 1, "2024-01-01 00:00:00", "2024-01-01 00:00:00" }, { UNIT_QUARTER, "2024-07-01 00:00:00.001", 3, "2024-07-01 00:00:00", "2024-10-01 00:00:00" }, { UNIT_QUARTER, "2023-12-31 23:59:59.999", 4, "2023-10-01 00:00:00", "2024-01-01 00:00:00" },
        { UNIT_MONTH, "2024-02-29 13:14:15", 2, "2024-02-01 00:00:00", "2024-03-01 00:00:00" }, { UNIT_WEEK, "2024-02-29 13:14:15", 9, "2024-02-25 00:00:00", "2024-03-03 00:00:00" },
        { UNIT_WEEK, "2023-12-31", 52, "2023-12-31 00:00:00", "2023-12-31 00:00:00" }, { UNIT_WEEK, "1969-12-31", 1, "1969-12-28 00:00:00", "1970-01-04 00:00:00" },
        { UNIT_DAY, "1969-12-31 23:59:59.5", 1, "1969-12-31 00:00:00", "1970-01-01 00:00:00" }, { UNIT_HOUR, "1969-12-31 12:00:00", -12, "1969-12-31 12:00:00", "1969-12-31 12:00:00" },
        { UNIT_MONTH, "1582-10-04 10:11:12", 10, "1582-09-01 00:00:00", "1582-10-01 00:00:00" }, { UNIT_WEEK, "2023-12-31 23:59:59", 52, "2023-12-31 00:00:00", "2023-12-31 00:00:00" },
        { UNIT_MINUTE, "2024-07-01 00:00:00.001", 0, "2024-07-01 00:00:00", "2024-07-01 00:01:00" }, { UNIT_SECOND, "2024-07-01 00:00:00.001", 0, "2024-07-01 00:00:00", "2024-07-01 00:00:01" },
        { UNIT_SECOND, "2000-01-01 00:00:00.000000001", 0, "2000-01-01 00:00:00", "2000-01-01 00:00:00" }, { UNIT_DOW, "2024-03-03", 1, NULL, NULL }, { UNIT_ISODOW, "2024-03-03", 7, NULL, NULL },
        { UNIT_DOY, "2020-12-28", 363, NULL, NULL }, { UNIT_ISOYEAR, "2016-01-03", 2015, NULL, NULL }, { UNIT_EPOCH, "1969-12-31 23:59:58.5", -1, NULL, NULL },
        { UNIT_MILLISECOND, "2024-02-29 13:14:15.123456789", 123, NULL, NULL }, { UNIT_MICROSECOND, "2024-02-29 13:14:15.123456789", 123456, NULL, NULL }, { UNIT_NANOSECOND, "2024-02-29 13:14:15.123456789", 123456789, NULL, NULL },
    };
    StrBuf buf = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Instant t = instant(rows[i].t);
        if (instant_extract(rows[i].unit, t) != rows[i].value) fail_msg("EXTRACT(%s FROM %s)", time_unit_names[rows[i].unit], rows[i].t);
        if (!rows[i].floor) continue;
        strbuf_clear(&buf);
        timestamp_print(instant_floor(rows[i].unit, t), 0, &buf);
        assert_text(strbuf_str(&buf), rows[i].floor);
        strbuf_clear(&buf);
        timestamp_print(instant_ceil(rows[i].unit, t), 0, &buf);
        assert_text(strbuf_str(&buf), rows[i].ceil);
    }
    strbuf_free(&buf);
    Instant t = instant_floor(UNIT_MILLISECOND, instant("1969-12-31 23:59:59.1239"));
    assert_int_equal(t.nano, 123000000);
    assert_int_equal(time_unit_find(STR("days")), UNIT_DAY);
    assert_int_equal(time_unit_find(STR("SQL_TSI_QUARTER")), UNIT_QUARTER);
    assert_int_equal(time_unit_find(STR("Century")), UNIT_CENTURY);
    assert_int_equal(time_unit_find(STR("fortnight")), -1);
    assert_int_equal(time_unit_find(STR("DOWS")), -1);
    assert_int_equal(time_unit_find(STR("")), -1);
}

static void months(void **state)
{
    (void)state;
    static const struct { const char *t; int64_t months; const char *out; } adds[] = {
        { "2024-01-31 10:11:12", 1, "2024-02-29 10:11:12" }, { "2023-01-31", 1, "2023-02-28 00:00:00" }, { "2024-02-29", -12, "2023-02-28 00:00:00" }, { "2024-03-30", -13, "2023-02-28 00:00:00" },
        { "1969-12-31 23:59:59", 1, "1970-01-31 23:59:59" }, { "2024-03-31", 0, "2024-03-31 00:00:00" },
    };
    StrBuf buf = { 0 };
    for (size_t i = 0; i < sizeof adds / sizeof *adds; i++) {
        strbuf_clear(&buf);
        timestamp_print(instant_add_months(instant(adds[i].t), adds[i].months), 0, &buf);
        assert_text(strbuf_str(&buf), adds[i].out);
    }
    strbuf_free(&buf);
    static const struct { TimeUnit unit; const char *from, *to; int64_t value; } diffs[] = {
        { UNIT_MONTH, "2024-01-31", "2024-02-29", 1 }, { UNIT_MONTH, "2024-02-29", "2024-01-31", -1 }, { UNIT_MONTH, "2024-01-31 12:00:00", "2024-03-31 11:59:59.999", 1 }, { UNIT_MONTH, "2024-03-31 11:59:59.999", "2024-01-31 12:00:00", -2 },
        { UNIT_MONTH, "2023-02-28", "2024-02-28", 12 }, { UNIT_QUARTER, "2023-01-31", "2024-01-31 23:30:00.123", 4 }, { UNIT_YEAR, "2020-02-29", "2024-01-31 23:30:00", 3 }, { UNIT_MONTH, "2024-03-31", "2023-12-31", -3 },
        { UNIT_SECOND, "2024-01-01 00:00:00.9", "2024-01-01 00:00:02.1", 1 }, { UNIT_SECOND, "2024-01-31 12:00:00", "2024-03-31 11:59:59.999", 5183999 }, { UNIT_WEEK, "2024-01-31", "2024-02-29", 4 },
        { UNIT_DAY, "2003-01-02 10:00:00", "2003-01-03 09:59:59", 0 }, { UNIT_HOUR, "2024-02-29 12:00:00", "2024-02-29 10:00:00.001", -1 }, { UNIT_MICROSECOND, "2003-01-02 10:00:00", "2003-01-02 10:00:01", 1000000 },
        { UNIT_CENTURY, "1803-01-02 10:00:00", "2033-01-02 10:00:01", 2 }, { UNIT_SECOND, "2024-01-01 00:00:00.000000001", "2024-01-01 00:00:01", 1 },
    };
    for (size_t i = 0; i < sizeof diffs / sizeof *diffs; i++) {
        int64_t got = instant_diff(diffs[i].unit, instant(diffs[i].from), instant(diffs[i].to));
        if (got != diffs[i].value) fail_msg("%s from %s to %s: %lld", time_unit_names[diffs[i].unit], diffs[i].from, diffs[i].to, (long long)got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar), cmocka_unit_test(iso_weeks), cmocka_unit_test(instants_round_trip), cmocka_unit_test(literals), cmocka_unit_test(printing), cmocka_unit_test(units), cmocka_unit_test(months),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
