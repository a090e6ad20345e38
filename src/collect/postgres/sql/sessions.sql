-- Client sessions against what ordinary roles may use, and who waits for what.
select
    count(*) filter (where backend_type = 'client backend')::float8 as vakhta_pg_client_sessions,
    (count(*) filter (where backend_type = 'client backend')
        / greatest(1, current_setting('max_connections')::float8
            - current_setting('superuser_reserved_connections')::float8
            - coalesce(current_setting('reserved_connections', true), '0')::float8)
    )::float8 as vakhta_pg_connections_ratio,
    current_setting('max_connections')::float8 as pg_settings_max_connections,
    count(*) filter (where wait_event = 'SyncRep')::float8 as vakhta_pg_sync_waiting_sessions,
    coalesce(max(extract(epoch from clock_timestamp() - query_start))
        filter (where wait_event = 'SyncRep'), 0)::float8 as vakhta_pg_sync_wait_oldest_seconds,
    count(*) filter (where backend_type = 'autovacuum worker')::float8
        as vakhta_pg_autovacuum_workers
from pg_stat_activity
