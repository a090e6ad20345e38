-- The position in bytes: its growth is the WAL written (or received).
select
    (case when pg_is_in_recovery() then coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
          else pg_current_wal_lsn() end - '0/0'::pg_lsn)::float8 as pg_xlog_location_bytes
