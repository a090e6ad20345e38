select count(*) filter (where name like '%.ready')::float8 as vakhta_pg_archive_ready_files
from pg_ls_archive_statusdir()
