select
    datname::text as datname,
    confl_tablespace::float8 as pg_stat_database_conflicts_confl_tablespace,
    confl_lock::float8 as pg_stat_database_conflicts_confl_lock,
    confl_snapshot::float8 as pg_stat_database_conflicts_confl_snapshot,
    confl_bufferpin::float8 as pg_stat_database_conflicts_confl_bufferpin,
    confl_deadlock::float8 as pg_stat_database_conflicts_confl_deadlock
from pg_stat_database_conflicts
where pg_is_in_recovery()
order by datname limit 200
