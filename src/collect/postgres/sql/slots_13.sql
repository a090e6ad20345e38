-- The share of max_slot_wal_keep_size that a slot holds back: at 1 the server throws the slot's WAL
-- away. Slots that a standby keeps in step with its primary (17 and later, column `synced`) are
-- inactive by design. The status alone is too late: it may jump from reserved to lost.
select
    s.slot_name::text as slot_name,
    s.slot_type as slot_type,
    s.active::int::float8 as pg_replication_slots_active,
    pg_wal_lsn_diff(p.lsn, s.restart_lsn)::float8 as pg_replication_slots_pg_wal_lsn_diff,
    greatest(age(s.xmin), age(s.catalog_xmin))::float8 as vakhta_pg_slot_xmin_age_xids,
    s.safe_wal_size::float8 as pg_replication_slot_safe_wal_size_bytes,
    (not s.active)::int::float8 as vakhta_pg_slot_inactive,
    case when s.wal_status = 'lost' then 1
         when s.safe_wal_size is null then null
         else greatest(0, 1 - s.safe_wal_size::float8
              / greatest(1, pg_size_bytes(current_setting('max_slot_wal_keep_size'))))
    end::float8 as vakhta_pg_slot_used_ratio,
    coalesce(s.wal_status = 'lost', false)::int::float8 as vakhta_pg_slot_lost
from pg_replication_slots as s
cross join (select case when pg_is_in_recovery() then pg_last_wal_receive_lsn()
                        else pg_current_wal_lsn() end as lsn) as p
where not s.temporary and coalesce(to_jsonb(s) ->> 'synced', 'false') = 'false'
order by s.slot_name limit 50
