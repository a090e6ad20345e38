-- Sequences whose state this role may not read: their exhaustion would go unseen.
select count(*)::float8 as vakhta_pg_sequences_unreadable
from pg_class
where case when relkind = 'S' and relpersistence <> 't'
      then not has_sequence_privilege(oid, 'select, usage') else false end
