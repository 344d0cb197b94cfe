# The pairs of source and sink of the crash tests; sourced by run.sh. For each pair P (dashes as _):
#   P_sql     prints the job's statements
#   P_feed    FROM TO: hands the rows FROM .. TO-1 to the source; feed_end TO: what ends every window
#   P_points  fault points on the sink's way to a commit
#   P_judge   reads what the sink holds and counts it against $sent rows: prints the counts, exits 0 only if all is right
# Names of tables, topics and folders carry $tag, so that pairs and runs do not meet.
all_pairs="pg-append pg-windows sqlite kafka two-sinks kafka-files files"
jdbc_points="jdbc.connect jdbc.claim jdbc.flush jdbc.epoch jdbc.commit"
kafka_points="kafka.init kafka.begin kafka.produce kafka.offsets kafka.flush kafka.commit"
files_points="fs.open fs.write fs.fsync fs.rename"
pg_append_points=$jdbc_points pg_windows_points=$jdbc_points sqlite_points=$jdbc_points kafka_files_points=$files_points
two_sinks_points="$jdbc_points $kafka_points"
partitions=3
guarantee=${GUARANTEE:-exactly-once}     # GUARANTEE=default shows that the judge sees what is doubled

broker() { build/crash/produce "$1" "$WEIR_TEST_KAFKA" "$tag" $partitions "${@:2}"; }
sink_of() { [ "$guarantee" = default ] || echo ", 'sink.delivery-guarantee' = '$guarantee'"; }

# The name is also that of the state's folder and of the epochs that the targets keep.
job_settings() {
    echo "SET 'pipeline.name' = '$tag';
SET 'execution.checkpointing.interval' = '$interval';
SET 'weir.checkpoint-fork-above' = '\${FORK_ABOVE:-16 mb}';"
}
kafka_source() {
    cat <<S
$(job_settings)
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE src (n BIGINT, k BIGINT, ts BIGINT, note STRING, rt AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK FOR rt AS rt - INTERVAL '2' SECOND) WITH (
  'connector' = 'kafka', 'topic' = '$tag', 'properties.bootstrap.servers' = '$WEIR_TEST_KAFKA', 'properties.group.id' = '$tag',
  'properties.reconnect.backoff.max.ms' = '500', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
S
}
rows_columns="n BIGINT, k BIGINT, ts BIGINT, note STRING"
rows_query="SELECT n, k, ts, note FROM src WHERE n >= 0;"
windows_columns="window_start TIMESTAMP(3), k BIGINT, nrows BIGINT, total BIGINT, least BIGINT, most BIGINT"
windows_query="SELECT window_start, k, COUNT(*), SUM(n), MIN(n), MAX(n)
  FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(rt), INTERVAL '10' SECOND)) WHERE n >= 0 GROUP BY window_start, window_end, k;"
pg_sink() { echo "'connector' = 'jdbc', 'url' = '$WEIR_TEST_PG_URL', 'table-name' = '$1', 'username' = 'weir', 'password' = 'none'$(sink_of)"; }
kafka_sink() {
    echo "'connector' = 'kafka', 'topic' = '$1', 'properties.bootstrap.servers' = '$WEIR_TEST_KAFKA', 'format' = 'csv', 'properties.reconnect.backoff.max.ms' = '500',
  'sink.transactional-id-prefix' = '$1'$(sink_of)"
}
# What the topic holds, so that nobody is blamed for rows that never were in it.
source_judge() {
    if [ "$pair" = files ]; then return; fi
    kcat -b "$WEIR_TEST_KAFKA" -C -t "$tag" -e -q -o beginning | sed -n 's/^{"n":\([0-9]*\),"k":\([0-9]*\),"ts":\([0-9]*\),"note":"\(.*\)"}$/\1,\2,\3,\4/p' | build/crash/judge rows "$sent"
}
kafka_fed() { broker rows "$1" "$2" "${3:-3000}"; }
pg_rows() { pg "COPY $1 TO STDOUT (FORMAT csv)"; }
# All that a reader of committed records sees, over all partitions.
topic_rows() { kcat -b "$WEIR_TEST_KAFKA" -C -t "$1" -e -q -o beginning -X isolation.level=read_committed; }

pg_append_sql() {
    pg "CREATE TABLE $tag (n bigint, k bigint, ts bigint, note text)" >&2
    kafka_source
    echo "CREATE TABLE sink ($rows_columns) WITH ($(pg_sink "$tag"));
INSERT INTO sink $rows_query"
}
pg_append_judge() { pg_rows "$tag" | build/crash/judge rows "$sent"; }

pg_windows_sql() {
    pg "CREATE TABLE $tag (window_start timestamp(3), k bigint, nrows bigint, total bigint, least bigint, most bigint, PRIMARY KEY (window_start, k))" >&2
    kafka_source
    echo "CREATE TABLE sink ($windows_columns, PRIMARY KEY (window_start, k) NOT ENFORCED) WITH ($(pg_sink "$tag"));
INSERT INTO sink $windows_query"
}
pg_windows_judge() { pg_rows "$tag" | build/crash/judge windows "$sent"; }

sqlite_sql() {
    kafka_source
    echo "CREATE TABLE sink ($rows_columns) WITH ('connector' = 'jdbc', 'url' = 'jdbc:sqlite:$dir/sink.db', 'table-name' = 'sink'$(sink_of));
INSERT INTO sink $rows_query"
}
sqlite_judge() { sqlite3 -csv -cmd '.timeout 5000' "$dir/sink.db" 'SELECT n, k, ts, note FROM sink' | build/crash/judge rows "$sent"; }

kafka_sql() {
    build/crash/produce topic "$WEIR_TEST_KAFKA" "$tag-out" 2 >&2
    kafka_source
    echo "CREATE TABLE sink ($rows_columns) WITH ($(kafka_sink "$tag-out"));
INSERT INTO sink $rows_query"
}
kafka_judge() { topic_rows "$tag-out" | build/crash/judge rows "$sent"; }

# One statement set, two targets: the epochs of both hang together whichever had committed when the crash came.
two_sinks_sql() {
    pg "CREATE TABLE $tag (n bigint, k bigint, ts bigint, note text)" >&2
    build/crash/produce topic "$WEIR_TEST_KAFKA" "$tag-out" 1 >&2
    kafka_source
    echo "CREATE TABLE sink ($rows_columns) WITH ($(pg_sink "$tag"));
CREATE TABLE windows ($windows_columns) WITH ($(kafka_sink "$tag-out"));
EXECUTE STATEMENT SET BEGIN
INSERT INTO sink $rows_query
INSERT INTO windows $windows_query
END;"
}
two_sinks_judge() {
    local rc=0
    pg_rows "$tag" | build/crash/judge rows "$sent" || rc=1
    topic_rows "$tag-out" | build/crash/judge windows "$sent" || rc=1
    return $rc
}

files_sink() { echo "CREATE TABLE sink ($rows_columns) WITH ('connector' = 'filesystem', 'path' = '$dir/out', 'format' = 'csv');"; }
kafka_files_sql() {
    mkdir "$dir/out"
    kafka_source
    files_sink
    echo "INSERT INTO sink $rows_query"
}
# Names that begin with a dot are not visible, to any reader of such a folder.
kafka_files_judge() { find "$dir/out" -type f -name '[!._]*' -exec cat {} + | build/crash/judge rows "$sent"; }

files_sql() {
    mkdir "$dir/out" "$dir/in"
    job_settings
    echo "CREATE TABLE src ($rows_columns) WITH ('connector' = 'filesystem', 'path' = '$dir/in', 'format' = 'csv', 'source.monitor-interval' = '50 ms');"
    files_sink
    echo "INSERT INTO sink $rows_query"
}
files_feed() {
    build/crash/produce print "$1" "$2" > "$dir/in/.next"
    mv "$dir/in/.next" "$dir/in/$(printf %09d "$1").csv"
}
files_judge() { kafka_files_judge; }
