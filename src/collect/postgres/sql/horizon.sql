-- Who keeps dead rows from being removed, by kind of holder, in transactions and in seconds.
select h.holder as holder,
       coalesce(max(h.xids), 0)::float8 as vakhta_pg_xmin_age_xids,
       coalesce(max(h.seconds), 0)::float8 as vakhta_pg_xmin_age_seconds
from (
    values ('session', null::float8, null::float8), ('standby', null, null),
           ('slot', null, null), ('prepared', null, null), ('dump', null, null)
    union all
    select case when backend_type = 'walsender' then 'standby'
                when application_name ~* '^pg_dump' then 'dump' else 'session' end,
           greatest(age(backend_xmin), age(backend_xid)),
           case when backend_type = 'walsender' then null
                else extract(epoch from clock_timestamp() - xact_start) end
    from pg_stat_activity
    where (backend_xmin is not null or backend_xid is not null)
      and pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender')
      -- A plain vacuum shows a horizon of its own and holds nobody up.
      and (query !~* '^\s*vacuum\M' or query ~* '^\s*vacuum\M[^;]*\mfull\M')
    union all
    select 'slot', greatest(age(xmin), age(catalog_xmin)), null
    from pg_replication_slots where xmin is not null or catalog_xmin is not null
    union all
    select 'prepared', age(transaction), extract(epoch from clock_timestamp() - prepared)
    from pg_prepared_xacts
) as h(holder, xids, seconds)
group by h.holder
