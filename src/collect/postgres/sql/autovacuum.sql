-- Tables whose dead rows are half as many again as what should have started a vacuum. Settings of
-- single tables are taken into account; what is switched off by hand counts too: it bloats as well.
with usual as (
    select current_setting('autovacuum_vacuum_threshold')::float8 as threshold,
           current_setting('autovacuum_vacuum_scale_factor')::float8 as scale
)
select
    current_database()::text as datname,
    count(*) filter (where t.n_dead_tup > 1.5 * (
        coalesce(o.threshold, u.threshold) + coalesce(o.scale, u.scale) * greatest(c.reltuples, 0)
    ))::float8 as vakhta_pg_autovacuum_backlog_tables,
    coalesce(max(extract(epoch from clock_timestamp() - v.xact_start)), 0)::float8
        as vakhta_pg_vacuum_oldest_seconds
from usual as u
cross join pg_stat_user_tables as t
join pg_class as c on c.oid = t.relid
left join lateral (
    select max(option_value::float8) filter (where option_name = 'autovacuum_vacuum_threshold')
               as threshold,
           max(option_value::float8) filter (where option_name = 'autovacuum_vacuum_scale_factor')
               as scale
    from pg_options_to_table(c.reloptions)
) as o on true
left join (
    select p.relid, a.xact_start from pg_stat_progress_vacuum as p
    join pg_stat_activity as a on a.pid = p.pid where p.datid = (
        select oid from pg_database where datname = current_database())
) as v on v.relid = t.relid
