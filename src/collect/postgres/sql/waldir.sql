select
    count(*)::float8 as pg_wal_segments,
    coalesce(sum(size), 0)::float8 as pg_wal_size_bytes
from pg_ls_waldir()
