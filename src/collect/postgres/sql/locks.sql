select
    d.datname::text as datname,
    m.mode as mode,
    coalesce(l.locks, 0)::float8 as pg_locks_count
from (values ('accesssharelock'), ('rowsharelock'), ('rowexclusivelock'),
             ('shareupdateexclusivelock'), ('sharelock'), ('sharerowexclusivelock'),
             ('exclusivelock'), ('accessexclusivelock'), ('sireadlock')) as m(mode)
cross join (select oid, datname from pg_database where datallowconn order by datname limit 200) as d
left join (
    select database, lower(mode) as mode, count(*) as locks
    from pg_locks where database is not null group by 1, 2
) as l on l.database = d.oid and l.mode = m.mode
