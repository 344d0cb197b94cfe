-- The PostgreSQL table that job.sql writes (psql -f schema.sql).
CREATE TABLE IF NOT EXISTS weather (
    city                text NOT NULL,
    window_end          timestamp(3) NOT NULL,
    average_temperature double precision,
    readings            bigint,
    PRIMARY KEY (city, window_end)
);
