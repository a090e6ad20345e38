-- A standby has the same: only the primary speaks of it.
-- Transaction and multixact numbers used up, against the 2^31 at which the server stops writing.
select
    datname::text as datname,
    age(datfrozenxid)::float8 as vakhta_pg_xid_age,
    mxid_age(datminmxid)::float8 as vakhta_pg_multixact_age,
    greatest(age(datfrozenxid), mxid_age(datminmxid))::float8 / 2147483648
        as vakhta_pg_wraparound_ratio
from pg_database where not pg_is_in_recovery() order by datname limit 200
