-- As blocked.sql, but with the moment the wait began (since PostgreSQL 14), not the query.
-- Who waits for a lock (the oldest thirty) and who stands at the head of their queue: a session that
-- blocks others and waits for no lock itself. Process id 0 is a prepared transaction.
with recursive waiting as (
    select a.pid, a.datname, coalesce((select min(l.waitstart) from pg_locks as l
            where l.pid = a.pid and not l.granted), a.query_start) as query_start,
        pg_blocking_pids(a.pid) as blockers
    from pg_stat_activity as a
    where a.wait_event_type = 'Lock' and a.wait_event <> 'advisory' and a.pid <> pg_backend_pid()
    order by a.query_start limit 30
), edge as (
    select w.pid, b.pid as blocker from waiting as w, unnest(w.blockers) as b(pid)
), chain(pid, blocker) as (
    select pid, blocker from edge
    union
    select c.pid, e.blocker from chain as c join edge as e on e.pid = c.blocker
), root as (
    select c.pid, c.blocker from chain as c
    where c.blocker not in (select pid from waiting)
)
select
    coalesce(w.datname, '?')::text as datname,
    case when r.blocker = 0 then 'prepared transaction' else coalesce(b.usename, '?') end::text
        as blocker_user,
    case when r.blocker = 0 then 'prepared transaction'
         else coalesce(nullif(left(b.application_name, 64), ''), b.backend_type, '?') end::text
        as blocker_application,
    count(distinct w.pid)::float8 as vakhta_pg_lock_queue_sessions,
    max(extract(epoch from clock_timestamp() - w.query_start))::float8 as vakhta_pg_lock_queue_seconds,
    -- Of several the one that idles longest in a transaction; a prepared transaction has none.
    nullif((array_agg(r.blocker order by (b.state like 'idle in transaction%') desc nulls last,
        b.state_change))[1], 0)::float8 as vakhta_pg_lock_queue_blocker_pid,
    coalesce(max(extract(epoch from clock_timestamp() - b.state_change))
        filter (where b.state like 'idle in transaction%'), 0)::float8
        as vakhta_pg_lock_queue_blocker_idle_seconds
from waiting as w
left join root as r on r.pid = w.pid
left join pg_stat_activity as b on b.pid = r.blocker
group by 1, 2, 3
order by 4 desc, 1, 2, 3 limit 20
