-- Average temperature by city and minute: Kafka -> 60 s processing-time window -> table `weather`.
--   KAFKA=localhost:9092 JDBC_URL=jdbc:postgresql://localhost:5432/weather weir run sql/weather/job.sql
-- Without variables: the embedded broker and SQLite, e.g. beside the producer in one process:
--   weir run sql/weather/producer.sql sql/weather/job.sql
-- PostgreSQL needs the table first: sql/weather/schema.sql. WINDOW_SECONDS shortens the window for a try.
CREATE TABLE readings (
    city        STRING,
    temperature DOUBLE,
    proc_time AS PROCTIME()
) WITH (
    'connector' = 'kafka',
    'topic' = '${TOPIC:-weather}',
    'properties.bootstrap.servers' = '${KAFKA:-embedded}',
    'properties.group.id' = '${GROUP:-weather-averages}',
    'scan.startup.mode' = 'earliest-offset',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
);

CREATE TABLE weather (
    city                STRING,
    window_end          TIMESTAMP(3),
    average_temperature DOUBLE,
    readings            BIGINT,
    PRIMARY KEY (city, window_end) NOT ENFORCED
) WITH (
    'connector' = 'jdbc',
    'url' = '${JDBC_URL:-jdbc:sqlite:weather.db}',
    'table-name' = 'weather',
    'username' = '${DB_USER:-weather}',
    'password' = '${DB_PASSWORD:-weather}',
    'sink.buffer-flush.max-rows' = '1000',
    'sink.buffer-flush.interval' = '200ms'
);

INSERT INTO weather
SELECT city, window_end, AVG(temperature), COUNT(*)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(proc_time), INTERVAL '${WINDOW_SECONDS:-60}' SECONDS))
GROUP BY window_start, window_end, city;
