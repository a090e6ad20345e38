select
    s.slot_name::text as slot_name,
    s.slot_type as slot_type,
    s.active::int::float8 as pg_replication_slots_active,
    pg_wal_lsn_diff(p.lsn, s.restart_lsn)::float8 as pg_replication_slots_pg_wal_lsn_diff,
    (not s.active)::int::float8 as vakhta_pg_slot_inactive,
    greatest(age(s.xmin), age(s.catalog_xmin))::float8 as vakhta_pg_slot_xmin_age_xids
from pg_replication_slots as s
cross join (select case when pg_is_in_recovery() then pg_last_wal_receive_lsn()
                        else pg_current_wal_lsn() end as lsn) as p
where not s.temporary
order by s.slot_name limit 50
