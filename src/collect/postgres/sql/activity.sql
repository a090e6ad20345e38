-- postgres_exporter's two series, a value for each database and state.
select
    d.datname::text as datname,
    s.state as state,
    coalesce(a.sessions, 0)::float8 as pg_stat_activity_count,
    coalesce(a.oldest, 0)::float8 as pg_stat_activity_max_tx_duration
from (values ('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)'),
             ('fastpath function call'), ('disabled')) as s(state)
cross join (select datname from pg_database where datallowconn order by datname limit 200) as d
left join (
    select datname, state, count(*) as sessions,
           max(extract(epoch from clock_timestamp() - xact_start)) as oldest
    from pg_stat_activity where pid <> pg_backend_pid() and datname is not null
    group by datname, state
) as a on a.datname = d.datname and a.state = s.state
