-- A standby has the same: only the primary speaks of it.
-- How much of its range a sequence has used; a four-byte column ends a sequence earlier than the
-- sequence's own limit. Sequences that start over are left out.
select
    s.schemaname::text as schemaname,
    s.sequencename::text as sequencename,
    max(case when s.increment_by > 0 then
        (s.last_value::float8 - s.min_value) / nullif(least(s.max_value, case t.typname
            when 'int2' then 32767 when 'int4' then 2147483647 else s.max_value end)::float8
            - s.min_value, 0)
    else
        (s.max_value::float8 - s.last_value) / nullif(s.max_value::float8 - s.min_value, 0)
    end)::float8 as vakhta_pg_sequence_used_ratio
from pg_sequences as s
join pg_namespace as n on n.nspname = s.schemaname
join pg_class as c on c.relnamespace = n.oid and c.relname = s.sequencename
left join pg_depend as d on d.objid = c.oid and d.classid = 'pg_class'::regclass
    and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
left join pg_type as t on t.oid = a.atttypid
where s.last_value is not null and not s.cycle and not pg_is_in_recovery()
group by 1, 2
order by 3 desc nulls last, 1, 2 limit 10
