-- The oldest of each kind in each database. Dumps, base backups and maintenance take long by
-- nature and are left out of the running ones.
select
    d.datname::text as datname,
    coalesce(max(extract(epoch from clock_timestamp() - a.xact_start)) filter (
        where a.state = 'active' and a.backend_type = 'client backend'
          and a.application_name !~* '^(pg_dump|pg_restore|pg_basebackup|pg_amcheck|vacuumdb|reindexdb)'
          and a.query !~* '^\s*(vacuum|analyze|reindex|cluster|create\s+(unique\s+)?index|copy)\M'
    ), 0)::float8 as vakhta_pg_longest_transaction_seconds,
    coalesce(max(extract(epoch from clock_timestamp() - a.state_change)) filter (
        where a.state like 'idle in transaction%'
    ), 0)::float8 as vakhta_pg_idle_in_transaction_seconds,
    count(a.pid) filter (where a.wait_event_type = 'Lock' and a.wait_event <> 'advisory')::float8 as vakhta_pg_blocked_sessions
from (select oid, datname from pg_database where datallowconn order by datname limit 200) as d
left join pg_stat_activity as a on a.datid = d.oid and a.pid <> pg_backend_pid()
group by d.datname
