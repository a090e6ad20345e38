-- What each standby is behind, seen from the sender; bytes, because seconds lie while nothing is
-- written and while replay is paused. Base backups and WAL archivers are no standbys.
select
    r.application_name::text as application_name,
    coalesce(host(r.client_addr), 'local')::text as client_addr,
    coalesce(s.slot_name, '')::text as slot_name,
    r.state as state,
    pg_wal_lsn_diff(p.lsn, r.replay_lsn)::float8 as pg_stat_replication_pg_wal_lsn_diff
from pg_stat_replication as r
left join pg_replication_slots as s on s.active_pid = r.pid
cross join (select case when pg_is_in_recovery() then pg_last_wal_receive_lsn()
                        else pg_current_wal_lsn() end as lsn) as p
where r.state <> 'backup'
order by r.application_name limit 50
