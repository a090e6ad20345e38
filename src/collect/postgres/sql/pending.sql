select name::text as name, 1::float8 as vakhta_pg_setting_pending_restart
from pg_settings where pending_restart order by name limit 20
