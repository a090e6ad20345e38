select
    current_setting('server_version') as version,
    split_part(current_setting('server_version'), ' ', 1) as short_version,
    1::float8 as pg_static
