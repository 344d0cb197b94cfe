/* Functions of dates and times.
 * Each line is one rule: the call, its result type (or the stage of its refusal), its value. */
#include "tests/unit/fn_check.h"

static void fn_to_timestamp(void **state)
{
    (void)state;
    check("(TO_TIMESTAMP '0001-01-01 00:00:00')", "TIMESTAMP(3)", "0001-01-01 00:00:00.000");
    check("(TO_TIMESTAMP '2024-02-28  13:04:05')", "TIMESTAMP(3)", "NULL");
    check("(TO_TIMESTAMP '20240229130405' 'yyyyMMddHHmmss')", "TIMESTAMP(3)", "2024-02-29 13:04:05.000");
    check("(TO_TIMESTAMP '2024-02-29' 'yyyy-MM-dd HH:mm:ss')", "TIMESTAMP(3)", "2024-02-29 00:00:00.000");
    check("(TO_TIMESTAMP 'Mon, 29 Feb 2024 13:04:05' 'EEE, dd MMM yyyy HH:mm:ss')", "TIMESTAMP(3)", "NULL");
    check("(TO_TIMESTAMP '2024-060' 'yyyy-DDD')", "TIMESTAMP(3)", "2024-02-29 00:00:00.000");
    check("(TO_TIMESTAMP '2024-02-29 13' 'yyyy-MM-dd HH')", "TIMESTAMP(3)", "2024-02-29 13:00:00.000");
    check("(TO_TIMESTAMP '2024-02-29 13:04:05 ')", "TIMESTAMP(3)", "NULL");
    check("(TO_TIMESTAMP '2024 FEB 9' 'yyyy MMM d')", "TIMESTAMP(3)", "NULL");
    check("(TO_TIMESTAMP '2024-02-29 12:00 am' 'yyyy-MM-dd hh:mm a')", "TIMESTAMP(3)", "NULL");
    check("(TO_TIMESTAMP (cast {DATE} '2024-02-29'))", "!validate", "");
    check("(TO_TIMESTAMP 1709212455)", "!validate", "");
}

static void fn_to_timestamp_ltz(void **state)
{
    (void)state;
    check("(TO_TIMESTAMP_LTZ 0 0)", "TIMESTAMP_LTZ(3)", "1970-01-01 00:00:00.000");
    check("(TO_TIMESTAMP_LTZ -1 3)", "TIMESTAMP_LTZ(3)", "1969-12-31 23:59:59.999");
    check("(TO_TIMESTAMP_LTZ (cast {DOUBLE} 1.5e0) 0)", "TIMESTAMP_LTZ(3)", "1970-01-01 00:00:01.500");
    check("(TO_TIMESTAMP_LTZ 9223372036854775807L 3)", "TIMESTAMP_LTZ(3)", "NULL");
    check("(TO_TIMESTAMP_LTZ 5 (cast {INT} null))", "TIMESTAMP_LTZ(3)", "NULL");
    check("(TO_TIMESTAMP_LTZ '2024-02-29 13:04:05' 'yyyy-MM-dd HH:mm:ss' 'Asia/Shanghai')", "TIMESTAMP_LTZ(3)", "2024-02-29 05:04:05.000");
    check("(TO_TIMESTAMP_LTZ '2024-11-03 01:30:00' 'yyyy-MM-dd HH:mm:ss' 'America/Los_Angeles')", "TIMESTAMP_LTZ(3)", "2024-11-03 08:30:00.000");
    check("(TO_TIMESTAMP_LTZ 1.5 0)", "TIMESTAMP_LTZ(3)", "1970-01-01 00:00:01.000");
    check("(TO_TIMESTAMP_LTZ (cast {DOUBLE} 'Infinity') 3)", "TIMESTAMP_LTZ(3)", "NULL");
    check("(TO_TIMESTAMP_LTZ '2024-02-29' 'yyyy-MM-dd')", "TIMESTAMP_LTZ(3)", "2024-02-29 00:00:00.000");
    check("(TO_TIMESTAMP_LTZ '2024-02-29T13:04:05')", "!run", "");
    check("(TO_TIMESTAMP_LTZ '2024-02-29T13:04:05Z')", "!run", "");
}

static void fn_to_date(void **state)
{
    (void)state;
    check("(TO_DATE '2024-5')", "DATE", "2024-05-01");
    check("(TO_DATE '20240229')", "DATE", "NULL");
    check("(TO_DATE '2024-02-29 13:04:05' 'yyyy-MM-dd')", "DATE", "2024-02-29");
    check("(TO_DATE 'Feb 2024' 'MMM yyyy')", "DATE", "2024-02-01");
    check("(TO_DATE (cast {STRING} null))", "DATE", "NULL");
    check("(TO_DATE '1582-10-04')", "DATE", "1582-10-04");
    check("(TO_DATE '2024-02-30')", "DATE", "NULL");
    check("(TO_DATE '2024-2-3')", "DATE", "2024-02-03");
    check("(TO_DATE '2024')", "DATE", "2024-01-01");
    check("(TO_DATE ' 2024-02-03 ')", "DATE", "2024-02-03");
}

static void fn_date_format(void **state)
{
    (void)state;
    check("(DATE_FORMAT (cast {TIMESTAMP(0)} '2024-02-29 13:04:05') '%Y-%m-%d')", "STRING", "%2024-%4-%29");
    check("(DATE_FORMAT (TO_TIMESTAMP_LTZ 1709212455123L 3) 'yyyy-MM-dd HH:mm:ss.SSS')", "STRING", "2024-02-29 13:14:15.123");
    check("(DATE_FORMAT '2024-02-29T13:04:05' 'yyyyMMdd')", "STRING", "NULL");
    check("(DATE_FORMAT '2024-02-30' 'yyyy-MM-dd')", "STRING", "NULL");
    check("(DATE_FORMAT '2024-02-29 13:04' 'yyyy-MM-dd HH:mm')", "STRING", "NULL");
    check("(DATE_FORMAT (cast {TIMESTAMP(3)} '9999-12-31 23:59:59.999') 'yyyy-MM-dd HH:mm:ss.SSS')", "STRING", "9999-12-31 23:59:59.999");
    check("(DATE_FORMAT (cast {TIMESTAMP(3)} '2024-02-29 13:04:05.123') 'MMMM d, yyyy')", "STRING", "February 29, 2024");
    check("(DATE_FORMAT (cast {TIMESTAMP(0)} '2024-12-30 00:00:00') 'YYYY w ww e')", "STRING", "2025 1 01 2");
    check("(DATE_FORMAT (cast {TIMESTAMP(3)} '2024-02-29 13:04:05.123') 'EEEE EEEEE')", "STRING", "Thursday T");
    check("(DATE_FORMAT (cast {TIMESTAMP(3)} '2024-02-29 13:04:05.123') 'yyy y yyyyy')", "STRING", "2024 2024 02024");
    check("(DATE_FORMAT (cast {TIMESTAMP(0)} '2024-02-29 13:04:05') 'J')", "!run", "");
    check("(DATE_FORMAT (cast {TIMESTAMP(0)} '2024-02-29 13:04:05') 'aa')", "!run", "");
}

static void fn_unix_timestamp(void **state)
{
    (void)state;
    check("(UNIX_TIMESTAMP '1970-01-01 00:00:44')", "BIGINT NOT NULL", "44");
    check("(UNIX_TIMESTAMP '1969-12-31 23:59:59')", "BIGINT NOT NULL", "-1");
    check("(UNIX_TIMESTAMP 'garbage')", "BIGINT NOT NULL", "-9223372036854775808");
    check("(UNIX_TIMESTAMP '2024-13-01 00:00:00')", "BIGINT NOT NULL", "1735689600");
    check("(UNIX_TIMESTAMP '2024-02-29 13:04:05 trailing')", "BIGINT NOT NULL", "1709211845");
    check("(UNIX_TIMESTAMP '29/02/2024' 'dd/MM/yyyy')", "BIGINT NOT NULL", "1709164800");
    check("(UNIX_TIMESTAMP '2024-02-29 13:04:05 +0200' 'yyyy-MM-dd HH:mm:ss Z')", "BIGINT NOT NULL", "1709204645");
    check("(UNIX_TIMESTAMP '13:04' 'HH:mm')", "BIGINT NOT NULL", "47040");
    check("(UNIX_TIMESTAMP '24-02-29' 'yy-MM-dd')", "BIGINT NOT NULL", "1709164800");
    check("(UNIX_TIMESTAMP '2024-2-9 1:4:5')", "BIGINT NOT NULL", "1707440645");
    check("(UNIX_TIMESTAMP '2024-02-29' 'bogus')", "!run", "");
    check("(UNIX_TIMESTAMP 5)", "!validate", "");
}

static void fn_from_unixtime(void **state)
{
    (void)state;
    check("(FROM_UNIXTIME 0)", "STRING", "1970-01-01 00:00:00");
    check("(FROM_UNIXTIME 44)", "STRING", "1970-01-01 00:00:44");
    check("(FROM_UNIXTIME -1)", "STRING", "1969-12-31 23:59:59");
    check("(FROM_UNIXTIME 1709212455)", "STRING", "2024-02-29 13:14:15");
    check("(FROM_UNIXTIME 1709212455 'EEE d MMM yyyy a')", "STRING", "Thu 29 Feb 2024 PM");
    check("(FROM_UNIXTIME 1709212455 'Z')", "STRING", "+0000");
    check("(FROM_UNIXTIME 1709212455 '')", "STRING", "");
    check("(FROM_UNIXTIME 1709212455 (cast {STRING} null))", "STRING", "NULL");
    check("(FROM_UNIXTIME 1709212455 'YYYY-ww-u')", "STRING", "2024-09-4");
    check("(FROM_UNIXTIME 1709212455 'D F W k K h')", "STRING", "60 5 5 13 1 1");
    check("(FROM_UNIXTIME 1709212455.9)", "!validate", "");
    check("(FROM_UNIXTIME '1709212455')", "!validate", "");
}

static void fn_convert_tz(void **state)
{
    (void)state;
    check("(CONVERT_TZ '1970-01-01 00:00:00' 'UTC' 'America/Los_Angeles')", "STRING", "1969-12-31 16:00:00");
    check("(CONVERT_TZ '2024-03-10 02:30:00' 'America/Los_Angeles' 'UTC')", "STRING", "2024-03-10 10:30:00");
    check("(CONVERT_TZ '2024-11-03 00:59:59' 'America/Los_Angeles' 'UTC')", "STRING", "2024-11-03 07:59:59");
    check("(CONVERT_TZ '2024-03-31 02:30:00' 'Europe/Berlin' 'UTC')", "STRING", "2024-03-31 01:30:00");
    check("(CONVERT_TZ '2024-11-03 08:30:00' 'UTC' 'America/Los_Angeles')", "STRING", "2024-11-03 01:30:00");
    check("(CONVERT_TZ '1970-01-01 00:00:00' 'UTC' 'GMT-08:00')", "STRING", "1969-12-31 16:00:00");
    check("(CONVERT_TZ '1970-01-01 00:00:00' 'UTC' 'EST')", "STRING", "1969-12-31 19:00:00");
    check("(CONVERT_TZ (cast {STRING} null) 'UTC' 'Asia/Tokyo')", "STRING", "NULL");
    check("(CONVERT_TZ '1970-01-01 00:00:00' 'UTC' 'asia/tokyo')", "STRING", "1970-01-01 00:00:00");
    check("(CONVERT_TZ '2024-01-01 00:00:00' 'UTC' 'Asia/Kathmandu')", "STRING", "2024-01-01 05:45:00");
}

static void fn_extract(void **state)
{
    (void)state;
    check("(EXTRACT #MILLISECOND (cast {TIME(3)} '13:14:15.678'))", "BIGINT NOT NULL", "678");
    check("(EXTRACT #DAY (cast {INTERVAL_SECOND} 477045678l))", "BIGINT NOT NULL", "5");
    check("(EXTRACT #SECOND (cast {INTERVAL_SECOND} 477045678l))", "BIGINT NOT NULL", "45");
    check("(EXTRACT #MONTH (cast {INTERVAL_MONTH} 67l))", "BIGINT NOT NULL", "7");
    check("(EXTRACT #HOUR (- (cast {INTERVAL_SECOND} 477045678l)))", "BIGINT NOT NULL", "-12");
    check("(EXTRACT #MONTH (- (cast {INTERVAL_MONTH} 67l)))", "BIGINT NOT NULL", "-7");
    check("(EXTRACT #DAY (cast {INTERVAL_SECOND} 180000000l))", "BIGINT NOT NULL", "2");
    check("(EXTRACT #MILLENNIUM (cast {TIMESTAMP(0)} '2024-02-29 13:04:05'))", "BIGINT NOT NULL", "3");
    check("(EXTRACT #EPOCH (cast {DATE} '2024-02-29'))", "BIGINT NOT NULL", "1709164800");
    check("(EXTRACT #MICROSECOND (cast {TIMESTAMP(6)} '2024-02-29 13:04:05.123456'))", "BIGINT NOT NULL", "123456");
    check("(EXTRACT #DECADE (cast {INTERVAL_MONTH} 300l))", "!validate", "");
    check("(EXTRACT #YEAR (cast {INTERVAL_SECOND} 432000000l))", "!validate", "");
}

static void fn_year(void **state)
{
    (void)state;
    check("(YEAR (cast {TIME(0)} '01:02:03'))", "!validate", "");
    check("(YEAR '2024-01-01')", "!validate", "");
}

static void fn_quarter(void **state)
{
    (void)state;
    check("(QUARTER (cast {TIMESTAMP(0)} '2024-05-05 01:02:03'))", "BIGINT NOT NULL", "2");
}

static void fn_week(void **state)
{
    (void)state;
    check("(WEEK (cast {DATE} '2024-12-30'))", "BIGINT NOT NULL", "1");
}

static void fn_dayofweek(void **state)
{
    (void)state;
    check("(DAYOFWEEK (cast {DATE} '2024-03-04'))", "BIGINT NOT NULL", "2");
    check("(DAYOFWEEK (cast {TIMESTAMP(0)} '2024-03-03 23:59:59'))", "BIGINT NOT NULL", "1");
}

static void fn_hour(void **state)
{
    (void)state;
    check("(HOUR (cast {DATE} '2024-01-01'))", "BIGINT NOT NULL", "0");
    check("(HOUR (cast {INTERVAL_SECOND} 18000000l))", "BIGINT NOT NULL", "5");
}

static void fn_floor(void **state)
{
    (void)state;
    check("(FLOOR (cast {TIME(0)} '12:44:31') #MINUTE)", "TIME(0) NOT NULL", "12:44:00");
    check("(FLOOR (cast {TIMESTAMP(3)} null) #DAY)", "TIMESTAMP(3)", "NULL");
    check("(FLOOR (TO_TIMESTAMP_LTZ 1709212455123L 3) #HOUR)", "TIMESTAMP_LTZ(3)", "2024-02-29 13:00:00.000");
    check("(FLOOR (cast {TIMESTAMP(0)} '9999-12-31 23:59:59') #CENTURY)", "TIMESTAMP(0) NOT NULL", "9901-01-01 00:00:00");
    check("(FLOOR (cast {DATE} '1000-01-01') #MILLENNIUM)", "DATE NOT NULL", "0001-01-01");
    check("(FLOOR (cast {DATE} '1969-06-15') #WEEK)", "DATE NOT NULL", "1969-06-15");
    check("(FLOOR (cast {TIMESTAMP(3)} '2024-05-05 01:02:03.456') #SECOND)", "TIMESTAMP(3) NOT NULL", "2024-05-05 01:02:03.000");
    check("(FLOOR (cast {TIME(0)} '01:02:03') #DAY)", "TIME(0) NOT NULL", "01:02:03");
    check("(FLOOR (cast {DATE} '2024-05-05') #YEAR)", "DATE NOT NULL", "2024-01-01");
    check("(FLOOR (cast {TIMESTAMP(0)} '2000-05-01 10:00:00') #CENTURY)", "TIMESTAMP(0) NOT NULL", "1901-01-01 00:00:00");
    check("(FLOOR '2024-01-15' #MONTH)", "!validate", "");
    check("(FLOOR (cast {TIMESTAMP(0)} '2024-01-15 10:11:12') #FOO)", "!validate", "");
}

static void fn_ceil(void **state)
{
    (void)state;
    check("(CEIL (cast {DATE} '2024-01-01') #YEAR)", "DATE NOT NULL", "2024-01-01");
    check("(CEIL (cast {DATE} '2024-01-01') #DAY)", "DATE NOT NULL", "2024-01-02");
    check("(CEIL (cast {TIMESTAMP(3)} '2024-05-05 01:02:03.456') #SECOND)", "TIMESTAMP(3) NOT NULL", "2024-05-05 01:02:04.000");
    check("(CEIL (cast {DATE} '2024-05-05') #QUARTER)", "DATE NOT NULL", "2024-07-01");
    check("(CEIL (cast {DATE} '2024-05-05') #HOUR)", "DATE NOT NULL", "2024-05-05");
    check("(CEIL (cast {TIME(0)} '01:02:03') #MINUTE)", "TIME(0) NOT NULL", "01:03:00");
    check("(CEIL (cast {TIMESTAMP(0)} '2024-05-05 00:00:00') #DAY)", "TIMESTAMP(0) NOT NULL", "2024-05-05 00:00:00");
    check("(CEIL (cast {DATE} '2024-05-01') #MONTH)", "DATE NOT NULL", "2024-05-01");
    check("(CEIL (cast {TIMESTAMP(0)} '2024-05-01 00:00:00') #MONTH)", "TIMESTAMP(0) NOT NULL", "2024-05-01 00:00:00");
    check("(CEIL (cast {TIMESTAMP(0)} '2000-05-01 10:00:00') #CENTURY)", "TIMESTAMP(0) NOT NULL", "2001-01-01 00:00:00");
}

static void fn_timestampadd(void **state)
{
    (void)state;
    check("(TIMESTAMPADD #WEEK 1 (cast {DATE} '2003-01-02'))", "DATE NOT NULL", "2003-01-09");
    check("(TIMESTAMPADD #MILLISECOND 1 (cast {TIMESTAMP(0)} '2024-01-01 00:00:00'))", "TIMESTAMP(3) NOT NULL", "2024-01-01 00:00:00.001");
    check("(TIMESTAMPADD #HOUR 1 (cast {TIME(0)} '23:30:00'))", "TIME(0) NOT NULL", "00:30:00");
    check("(TIMESTAMPADD #DAY 1 (TO_TIMESTAMP_LTZ 0 3))", "TIMESTAMP_LTZ(3)", "1970-01-02 00:00:00.000");
    check("(TIMESTAMPADD #DAY 100000 (cast {DATE} '2024-01-01'))", "DATE NOT NULL", "2297-10-16");
    check("(TIMESTAMPADD #DAY 1 (cast {DATE} '2024-01-01'))", "DATE NOT NULL", "2024-01-02");
    check("(TIMESTAMPADD #MILLISECOND 1 (cast {TIMESTAMP(6)} '2024-01-01 00:00:00.123456'))", "TIMESTAMP(6) NOT NULL", "2024-01-01 00:00:00.124456");
    check("(TIMESTAMPADD #CENTURY 1 (cast {DATE} '2024-01-01'))", "DATE NOT NULL", "2124-01-01");
    check("(TIMESTAMPADD #DAY -1 (cast {TIME(0)} '10:00:00'))", "TIME(0) NOT NULL", "10:00:00");
    check("(TIMESTAMPADD #SQL_TSI_MONTH 2 (cast {TIMESTAMP(0)} '2024-01-31 00:00:00'))", "TIMESTAMP(0) NOT NULL", "2024-03-31 00:00:00");
    check("(TIMESTAMPADD #MICROSECOND 1 (cast {TIMESTAMP(0)} '2024-01-01 00:00:00'))", "!validate", "");
    check("(TIMESTAMPADD #DAY 1.7 (cast {TIMESTAMP(0)} '2024-01-01 00:00:00'))", "!validate", "");
}

static void fn_timestampdiff(void **state)
{
    (void)state;
    check("(TIMESTAMPDIFF #DAY (cast {TIMESTAMP(0)} '2003-01-02 10:00:00') (cast {TIMESTAMP(0)} '2003-01-03 09:59:59'))", "INT NOT NULL", "0");
    check("(TIMESTAMPDIFF #HOUR (cast {TIME(0)} '10:00:00') (cast {TIME(0)} '12:59:00'))", "INT NOT NULL", "2");
    check("(TIMESTAMPDIFF #DAY (cast {DATE} null) (cast {DATE} '2024-01-01'))", "INT", "NULL");
    check("(TIMESTAMPDIFF #HOUR (cast {DATE} '2024-01-01') (cast {TIMESTAMP(0)} '2024-01-02 23:30:00'))", "INT NOT NULL", "47");
    check("(TIMESTAMPDIFF #MONTH (cast {TIMESTAMP(0)} '2024-01-31 12:00:00') (cast {TIMESTAMP(0)} '2024-02-29 12:00:00'))", "INT NOT NULL", "1");
    check("(TIMESTAMPDIFF #MONTH (cast {TIMESTAMP(0)} '2024-01-31 12:00:00') (cast {TIMESTAMP(0)} '2024-02-29 11:00:00'))", "INT NOT NULL", "0");
    check("(TIMESTAMPDIFF #MONTH (cast {DATE} '2024-02-29') (cast {DATE} '2024-01-31'))", "INT NOT NULL", "-1");
    check("(TIMESTAMPDIFF #YEAR (cast {DATE} '2024-02-29') (cast {DATE} '2025-02-28'))", "INT NOT NULL", "1");
    check("(TIMESTAMPDIFF #YEAR (cast {DATE} '2025-02-28') (cast {DATE} '2024-02-29'))", "INT NOT NULL", "-1");
    check("(TIMESTAMPDIFF #QUARTER (cast {DATE} '2024-01-01') (cast {DATE} '2024-06-30'))", "INT NOT NULL", "1");
    check("(TIMESTAMPDIFF #DAY '2024-01-01' (cast {DATE} '2024-01-02'))", "!validate", "");
    check("(TIMESTAMPDIFF #MINUTE (cast {DATE} '2024-01-01') (TO_TIMESTAMP_LTZ 0 3))", "!validate", "");
}

static void fn_overlaps(void **state)
{
    (void)state;
    check("(OVERLAPS (cast {DATE} '2024-01-01') (cast {DATE} null) (cast {DATE} '2024-01-15') (cast {DATE} '2024-01-20'))", "BOOLEAN", "FALSE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fn_to_timestamp),
        cmocka_unit_test(fn_to_timestamp_ltz),
        cmocka_unit_test(fn_to_date),
        cmocka_unit_test(fn_date_format),
        cmocka_unit_test(fn_unix_timestamp),
        cmocka_unit_test(fn_from_unixtime),
        cmocka_unit_test(fn_convert_tz),
        cmocka_unit_test(fn_extract),
        cmocka_unit_test(fn_year),
        cmocka_unit_test(fn_quarter),
        cmocka_unit_test(fn_week),
        cmocka_unit_test(fn_dayofweek),
        cmocka_unit_test(fn_hour),
        cmocka_unit_test(fn_floor),
        cmocka_unit_test(fn_ceil),
        cmocka_unit_test(fn_timestampadd),
        cmocka_unit_test(fn_timestampdiff),
        cmocka_unit_test(fn_overlaps),
    };
    return fn_tests(tests, sizeof tests / sizeof tests[0]);
}
