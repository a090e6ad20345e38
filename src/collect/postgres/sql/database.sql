select
    datname::text as datname,
    numbackends::float8 as pg_stat_database_numbackends,
    xact_commit::float8 as pg_stat_database_xact_commit,
    xact_rollback::float8 as pg_stat_database_xact_rollback,
    blks_read::float8 as pg_stat_database_blks_read,
    blks_hit::float8 as pg_stat_database_blks_hit,
    tup_returned::float8 as pg_stat_database_tup_returned,
    tup_fetched::float8 as pg_stat_database_tup_fetched,
    tup_inserted::float8 as pg_stat_database_tup_inserted,
    tup_updated::float8 as pg_stat_database_tup_updated,
    tup_deleted::float8 as pg_stat_database_tup_deleted,
    conflicts::float8 as pg_stat_database_conflicts,
    temp_files::float8 as pg_stat_database_temp_files,
    temp_bytes::float8 as pg_stat_database_temp_bytes,
    deadlocks::float8 as pg_stat_database_deadlocks,
    coalesce(checksum_failures, 0)::float8 as pg_stat_database_checksum_failures,
    (blk_read_time / 1000)::float8 as pg_stat_database_blk_read_time_seconds_total,
    (blk_write_time / 1000)::float8 as pg_stat_database_blk_write_time_seconds_total
from pg_stat_database where datname is not null
order by datname limit 200
