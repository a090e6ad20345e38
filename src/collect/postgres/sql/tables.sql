-- The tables of the connected database with the most dead rows.
select
    current_database()::text as datname,
    schemaname::text as schemaname,
    relname::text as relname,
    n_dead_tup::float8 as pg_stat_user_tables_n_dead_tup,
    n_live_tup::float8 as pg_stat_user_tables_n_live_tup,
    n_mod_since_analyze::float8 as pg_stat_user_tables_n_mod_since_analyze,
    extract(epoch from last_autovacuum)::float8 as pg_stat_user_tables_last_autovacuum
from pg_stat_user_tables
where n_dead_tup > 1000
order by n_dead_tup desc, 2, 3 limit 20
