-- Where standbys come from, for those that the configuration expects by address.
select
    coalesce(host(r.client_addr), 'local')::text as client_addr,
    count(*)::float8 as vakhta_pg_standbys_from_address
from pg_stat_replication as r
where r.state <> 'backup' and r.application_name not in ('pg_receivewal', 'pg_basebackup')
  and r.application_name !~ '^pg_[0-9]+_sync_[0-9]+'
group by r.client_addr
order by r.client_addr limit 50
