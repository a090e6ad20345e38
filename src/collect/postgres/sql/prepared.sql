select
    count(*)::float8 as vakhta_pg_prepared_transactions,
    coalesce(max(extract(epoch from clock_timestamp() - prepared)), 0)::float8
        as vakhta_pg_prepared_oldest_seconds
from pg_prepared_xacts
