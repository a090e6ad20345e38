-- Age, role and timeline. The timeline comes from the name of the WAL file, because the control
-- file keeps the old one until the first checkpoint after a promotion.
select
    extract(epoch from clock_timestamp())::float8 as vakhta_pg_server_time_seconds,
    extract(epoch from pg_postmaster_start_time())::float8 as pg_postmaster_start_time_seconds,
    (select extract(epoch from max(backend_start))::float8 from pg_stat_activity
      where backend_type = 'checkpointer') as vakhta_pg_checkpointer_start_time_seconds,
    pg_is_in_recovery()::int::float8 as pg_replication_is_replica,
    case when pg_is_in_recovery()
        then (select timeline_id from pg_control_checkpoint())::float8
        else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int::float8
    end as vakhta_pg_timeline
