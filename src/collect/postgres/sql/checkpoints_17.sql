select
    c.num_timed::float8 as pg_stat_checkpointer_num_timed_total,
    c.num_requested::float8 as pg_stat_checkpointer_num_requested_total,
    (c.write_time / 1000)::float8 as pg_stat_checkpointer_write_time_seconds_total,
    (c.sync_time / 1000)::float8 as pg_stat_checkpointer_sync_time_seconds_total,
    c.buffers_written::float8 as pg_stat_checkpointer_buffers_written_total,
    b.buffers_clean::float8 as pg_stat_bgwriter_buffers_clean_total,
    b.maxwritten_clean::float8 as pg_stat_bgwriter_maxwritten_clean_total,
    b.buffers_alloc::float8 as pg_stat_bgwriter_buffers_alloc_total,
    c.num_timed::float8 as vakhta_pg_checkpoints_timed_total,
    c.num_requested::float8 as vakhta_pg_checkpoints_requested_total
from pg_stat_checkpointer as c cross join pg_stat_bgwriter as b
