-- The standby's own view. A standby that is fed from the archive only has no receiver by design.
select
    case when not pg_is_in_recovery() then 0
         when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
         else greatest(0, extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()))
    end::float8 as pg_replication_lag_seconds,
    case when pg_is_in_recovery() and current_setting('primary_conninfo', true) <> ''
         then (select count(*) from pg_stat_wal_receiver where status = 'streaming') end::float8
        as vakhta_pg_wal_receivers,
    case when pg_is_in_recovery() then pg_is_wal_replay_paused()::int end::float8
        as vakhta_pg_replay_paused,
    case when pg_is_in_recovery()
         then pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) end::float8
        as vakhta_pg_standby_unreplayed_bytes
