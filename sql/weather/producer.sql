-- Weather readings as JSON into a Kafka topic: 10 cities, one reading per row.
--   weir run sql/weather/producer.sql
-- RATE rows a second, ROWS rows in all; KAFKA names the brokers ('embedded' = inside this process).
CREATE TABLE generated (
    city_id     INT,
    temperature DOUBLE
) WITH (
    'connector' = 'datagen',
    'rows-per-second' = '${RATE:-1000}',
    'number-of-rows' = '${ROWS:-9000000000}',
    'fields.city_id.min' = '1',
    'fields.city_id.max' = '10',
    'fields.temperature.min' = '-10',
    'fields.temperature.max' = '35'
);

CREATE TABLE weather_topic (
    city        STRING,
    temperature DOUBLE
) WITH (
    'connector' = 'kafka',
    'topic' = '${TOPIC:-weather}',
    'properties.bootstrap.servers' = '${KAFKA:-embedded}',
    'format' = 'json'
);

INSERT INTO weather_topic
SELECT ELT(city_id, 'Berlin', 'Boston', 'Cairo', 'Delhi', 'Lagos', 'Lima', 'Oslo', 'Paris', 'Perth', 'Tokyo'),
       ROUND(temperature, 1)
FROM generated;
