-- Standbys by name and address: by default all of them bear the same name.
select
    r.application_name::text as application_name,
    coalesce(host(r.client_addr), 'local')::text as client_addr,
    count(*)::float8 as vakhta_pg_standby_connected,
    max(pg_wal_lsn_diff(p.lsn, r.sent_lsn))::float8 as vakhta_pg_send_lag_bytes,
    max(pg_wal_lsn_diff(p.lsn, r.flush_lsn))::float8 as vakhta_pg_flush_lag_bytes,
    max(pg_wal_lsn_diff(p.lsn, r.replay_lsn))::float8 as vakhta_pg_replay_lag_bytes,
    max(extract(epoch from r.replay_lag))::float8 as vakhta_pg_replay_lag_seconds,
    count(*) filter (where r.sync_state in ('sync', 'quorum'))::float8 as vakhta_pg_standby_sync
from pg_stat_replication as r
cross join (select case when pg_is_in_recovery() then pg_last_wal_receive_lsn()
                        else pg_current_wal_lsn() end as lsn) as p
where r.state <> 'backup' and r.application_name not in ('pg_receivewal', 'pg_basebackup')
group by r.application_name, r.client_addr
order by r.application_name, r.client_addr limit 50
