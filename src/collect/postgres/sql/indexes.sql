-- A standby has the same: only the primary speaks of it.
-- Indexes that cost on every write and answer no query; not those being built right now.
select
    current_database()::text as datname,
    n.nspname::text as schemaname,
    c.relname::text as indexname,
    1::float8 as vakhta_pg_invalid_index
from pg_index as i
join pg_class as c on c.oid = i.indexrelid
join pg_namespace as n on n.oid = c.relnamespace
where not i.indisvalid and not pg_is_in_recovery()
  and not exists (select from pg_stat_progress_create_index as p where p.index_relid = i.indexrelid)
  and not exists (select from pg_locks as l
                  where l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock')
  and c.relkind = 'i'
order by 2, 3 limit 20
