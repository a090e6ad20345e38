select count(*) filter (where name like '%.ready')::float8 as vakhta_pg_archive_ready_files,
       case when count(*) filter (where name like '%.ready') >= 2
            then extract(epoch from clock_timestamp()
                         - min(modification) filter (where name like '%.ready'))
            else 0 end::float8 as vakhta_pg_archive_ready_seconds
from pg_ls_archive_statusdir()
