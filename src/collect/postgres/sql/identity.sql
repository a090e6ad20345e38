-- Two writable servers with one system identifier are a split brain.
select
    system_identifier::text as system_identifier,
    (not pg_is_in_recovery())::int::float8 as vakhta_pg_writable
from pg_control_system()
