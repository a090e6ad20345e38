select
    max(setting::float8) filter (where name = 'superuser_reserved_connections')
        as pg_settings_superuser_reserved_connections,
    max(setting::float8) filter (where name = 'max_prepared_transactions')
        as pg_settings_max_prepared_transactions,
    max(setting::float8) filter (where name = 'autovacuum_freeze_max_age')
        as pg_settings_autovacuum_freeze_max_age,
    max(setting::float8) filter (where name = 'autovacuum_max_workers')
        as pg_settings_autovacuum_max_workers,
    max(setting::float8 * 1048576) filter (where name = 'max_wal_size')
        as pg_settings_max_wal_size_bytes,
    max((setting = 'on')::int::float8) filter (where name = 'fsync') as pg_settings_fsync,
    max((setting = 'on')::int::float8) filter (where name = 'full_page_writes')
        as pg_settings_full_page_writes,
    max((setting = 'on')::int::float8) filter (where name = 'autovacuum') as pg_settings_autovacuum,
    max((setting = 'on')::int::float8) filter (where name = 'data_checksums')
        as pg_settings_data_checksums,
    max((setting <> 'off')::int::float8) filter (where name = 'archive_mode')
        as vakhta_pg_archive_enabled,
    count(*) filter (where pending_restart)::float8 as vakhta_pg_settings_pending_restart
from pg_settings
