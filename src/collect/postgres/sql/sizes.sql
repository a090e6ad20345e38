select datname::text as datname, pg_database_size(oid)::float8 as pg_database_size_bytes
from pg_database
where datallowconn
  and (has_database_privilege(oid, 'connect') or pg_has_role('pg_read_all_stats', 'usage'))
order by datname limit 200
