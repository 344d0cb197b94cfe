-- What `make demo` runs: generator -> embedded Kafka topic -> event-time window -> SQLite and the screen.
-- Ends by itself: the generator makes 2,000 readings, 400 a second, and the readers stop at offset 2,000.
CREATE TABLE generated (
    id          BIGINT,
    city_id     INT,
    temperature DOUBLE
) WITH (
    'connector' = 'datagen',
    'rows-per-second' = '400',
    'fields.id.kind' = 'sequence',
    'fields.id.start' = '1',
    'fields.id.end' = '2000',
    'fields.city_id.min' = '1',
    'fields.city_id.max' = '5',
    'fields.temperature.min' = '-5',
    'fields.temperature.max' = '30'
);

CREATE TABLE readings (
    city        STRING,
    temperature DOUBLE,
    at_time     TIMESTAMP(3),
    WATERMARK FOR at_time AS at_time - INTERVAL '1' SECOND
) WITH (
    'connector' = 'kafka',
    'topic' = 'readings',
    'properties.bootstrap.servers' = 'embedded',
    'scan.startup.mode' = 'earliest-offset',
    'scan.bounded.mode' = 'specific-offsets',
    'scan.bounded.specific-offsets' = 'partition:0,offset:2000',
    'format' = 'json'
);

CREATE TABLE averages (
    window_end  TIMESTAMP(3),
    city        STRING,
    average     DOUBLE,
    readings    BIGINT,
    PRIMARY KEY (window_end, city) NOT ENFORCED
) WITH (
    'connector' = 'jdbc',
    'url' = 'jdbc:sqlite:${DEMO_DB:-demo.db}',
    'table-name' = 'averages',
    'sink.buffer-flush.interval' = '200ms'
);

CREATE TABLE screen (
    window_end  TIMESTAMP(3),
    city        STRING,
    average     DOUBLE,
    readings    BIGINT
) WITH ('connector' = 'print');

-- One event-time second per 100 readings, so that windows close while you watch.
INSERT INTO readings
SELECT ELT(city_id, 'Berlin', 'Cairo', 'Lima', 'Oslo', 'Tokyo'), ROUND(temperature, 1),
       TIMESTAMPADD(SECOND, CAST((id - 1) / 100 AS INT), TIMESTAMP '2024-01-01 00:00:00.000')
FROM generated;

EXECUTE STATEMENT SET BEGIN
    INSERT INTO averages
    SELECT window_end, city, ROUND(AVG(temperature), 2), COUNT(*)
    FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(at_time), INTERVAL '5' SECONDS))
    GROUP BY window_start, window_end, city;
    INSERT INTO screen
    SELECT window_end, city, ROUND(AVG(temperature), 2), COUNT(*)
    FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(at_time), INTERVAL '5' SECONDS))
    GROUP BY window_start, window_end, city;
END;
