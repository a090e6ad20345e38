-- What this role may see; asked at every new connection.
select
    current_user::text as role,
    pg_has_role('pg_monitor', 'usage') as has_monitor,
    exists (select from pg_extension where extname = 'pg_stat_statements') as has_statements,
    (select count(*) from pg_class
     where case when relkind = 'S' and relpersistence <> 't'
           then not has_sequence_privilege(oid, 'select, usage') else false end) as hidden_sequences,
    current_setting('server_version_num')::int4 as version_number,
    current_setting('server_version') as version
