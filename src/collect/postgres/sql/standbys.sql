-- Standbys by name; those that bear a default name (`walreceiver`, or the cluster's own, which Debian
-- sets alike on all), by address. The workers that copy a table for a
-- subscription come and go and are no standbys.
select
    r.application_name::text as application_name,
    r.place as client_addr,
    count(*)::float8 as vakhta_pg_standby_connected,
    max(pg_wal_lsn_diff(p.lsn, r.sent_lsn))::float8 as vakhta_pg_send_lag_bytes,
    max(pg_wal_lsn_diff(p.lsn, r.flush_lsn))::float8 as vakhta_pg_flush_lag_bytes,
    max(pg_wal_lsn_diff(p.lsn, r.replay_lsn))::float8 as vakhta_pg_replay_lag_bytes,
    max(extract(epoch from r.replay_lag))::float8 as vakhta_pg_replay_lag_seconds,
    count(*) filter (where r.sync_state in ('sync', 'quorum'))::float8 as vakhta_pg_standby_sync
from (
    select *, case when application_name in ('walreceiver', '', current_setting('cluster_name'))
                   then coalesce(host(client_addr), 'local') else '' end::text as place
    from pg_stat_replication
) as r
cross join (select case when pg_is_in_recovery() then pg_last_wal_receive_lsn()
                        else pg_current_wal_lsn() end as lsn) as p
where r.state <> 'backup' and r.application_name not in ('pg_receivewal', 'pg_basebackup')
  and r.application_name !~ '^pg_[0-9]+_sync_[0-9]+'
group by r.application_name, r.place
order by r.application_name, r.place limit 50
