-- An archive command that hangs moves no counter: what counts is how many finished segments the
-- archive is behind. `%f` of backup labels begins with the segment's name as well.
with settings as (
    select pg_size_bytes(current_setting('wal_segment_size')) as segment_bytes,
           current_setting('archive_mode') as mode
), position as (
    select
        case when pg_is_in_recovery() then null else pg_current_wal_lsn() - '0/0'::pg_lsn end
            as written_bytes,
        case when a.last_archived_wal ~ '^[0-9A-F]{24}' then
            (('x' || substr(a.last_archived_wal, 9, 8))::bit(32)::int8 * 4294967296
             + ('x' || substr(a.last_archived_wal, 17, 8))::bit(32)::int8 * s.segment_bytes
             + s.segment_bytes) end as archived_bytes,
        a.*, s.segment_bytes, s.mode
    from pg_stat_archiver as a, settings as s
), lag as (
    -- Nothing archived yet since the statistics began, or since the server was started: then the archive's position is not
    -- known. A server that stops writes its statistics before the archiver's last work, so they lag by a segment with
    -- each restart of a quiet one.
    select *, case when mode <> 'off' and last_archived_time > pg_postmaster_start_time() then
        greatest(0, floor((written_bytes - archived_bytes) / segment_bytes)) end as segments
    from position
)
select
    archived_count::float8 as pg_stat_archiver_archived_count,
    failed_count::float8 as pg_stat_archiver_failed_count,
    extract(epoch from clock_timestamp() - last_archived_time)::float8
        as pg_stat_archiver_last_archive_age,
    extract(epoch from last_archived_time)::float8 as vakhta_pg_last_archived_time_seconds,
    segments::float8 as vakhta_pg_archive_lag_segments,
    case when segments is null then null
         when segments >= 2 then extract(epoch from clock_timestamp() - last_archived_time)
         else 0 end::float8 as vakhta_pg_archive_behind_seconds,
    case when mode <> 'off' then
        (last_failed_time is not null
         and last_failed_time > coalesce(last_archived_time, '-infinity'))::int end::float8
        as vakhta_pg_archive_failing
from lag
