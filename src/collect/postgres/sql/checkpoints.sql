select
    checkpoints_timed::float8 as pg_stat_bgwriter_checkpoints_timed_total,
    checkpoints_req::float8 as pg_stat_bgwriter_checkpoints_req_total,
    (checkpoint_write_time / 1000)::float8 as pg_stat_bgwriter_checkpoint_write_time_seconds_total,
    (checkpoint_sync_time / 1000)::float8 as pg_stat_bgwriter_checkpoint_sync_time_seconds_total,
    buffers_checkpoint::float8 as pg_stat_bgwriter_buffers_checkpoint_total,
    buffers_clean::float8 as pg_stat_bgwriter_buffers_clean_total,
    maxwritten_clean::float8 as pg_stat_bgwriter_maxwritten_clean_total,
    buffers_backend::float8 as pg_stat_bgwriter_buffers_backend_total,
    buffers_alloc::float8 as pg_stat_bgwriter_buffers_alloc_total,
    checkpoints_timed::float8 as vakhta_pg_checkpoints_timed_total,
    checkpoints_req::float8 as vakhta_pg_checkpoints_requested_total
from pg_stat_bgwriter
