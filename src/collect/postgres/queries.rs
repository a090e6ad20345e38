//! What a server is asked, as data. In each answer text columns are labels and `float8` columns are
//! values named by their alias; so a new signal is a line of SQL here and a line in the docs.
//!
//! Sources: the «Monitoring» chapters of the PostgreSQL 12–17 manuals.

/// Where in a replication pair a server stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Primary,
    Standby,
}

/// One part of a poll.
#[derive(Debug)]
pub(super) struct Part {
    /// The `collector` label of its success.
    pub(super) name: &'static str,
    /// Read every minute instead of each poll.
    pub(super) is_slow: bool,
    /// Versions it is for, as `server_version_num`.
    versions: (i32, i32),
    /// The place it is for; both when absent.
    place: Option<Place>,
    pub(super) sql: &'static str,
}

impl Part {
    pub(super) fn fits(&self, version: i32, place: Place) -> bool {
        (self.versions.0..=self.versions.1).contains(&version)
            && self.place.is_none_or(|own| own == place)
    }
}

const ALL: (i32, i32) = (120_000, 999_999);

const fn fast(name: &'static str, place: Option<Place>, sql: &'static str) -> Part {
    Part { name, is_slow: false, versions: ALL, place, sql }
}

const fn slow(name: &'static str, place: Option<Place>, sql: &'static str) -> Part {
    Part { name, is_slow: true, versions: ALL, place, sql }
}

/// What a server is; asked first.
pub(super) const SERVER: &str = "
SELECT current_setting('server_version_num')::int AS version,
       CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END::float8 AS pg_replication_is_replica,
       extract(epoch FROM pg_postmaster_start_time())::float8 AS pg_postmaster_start_time_seconds,
       extract(epoch FROM clock_timestamp())::float8 AS vakhta_pg_server_time_seconds,
       current_setting('max_connections')::float8 AS pg_settings_max_connections,
       current_setting('superuser_reserved_connections')::float8
           AS pg_settings_superuser_reserved_connections";

const PRIMARY: Option<Place> = Some(Place::Primary);
const STANDBY: Option<Place> = Some(Place::Standby);

pub(super) const PARTS: &[Part] = &[
    fast("activity", None, "
SELECT coalesce(datname, '')::text AS datname, coalesce(state, 'none')::text AS state,
       count(*)::float8 AS pg_stat_activity_count,
       coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
           AS pg_stat_activity_max_tx_duration
FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY 1, 2"),
    fast("connections", None, "
SELECT count(*)::float8 AS vakhta_pg_client_backends,
       (count(*) / greatest(current_setting('max_connections')::float8
           - current_setting('superuser_reserved_connections')::float8, 1))::float8
           AS vakhta_pg_connections_used_ratio
FROM pg_stat_activity WHERE backend_type = 'client backend'"),
    fast("locks", None, "
SELECT d.datname::text AS datname, count(a.pid)::float8 AS vakhta_pg_blocked_sessions,
       coalesce(max(extract(epoch FROM clock_timestamp() - coalesce(a.state_change, a.query_start))), 0)::float8
           AS vakhta_pg_oldest_lock_wait_seconds
FROM pg_database d
LEFT JOIN pg_stat_activity a ON a.datname = d.datname AND a.wait_event_type = 'Lock'
WHERE d.datallowconn AND NOT d.datistemplate GROUP BY 1"),
    fast("root_blockers", None, "
WITH waiting AS MATERIALIZED (
    SELECT pid, unnest(pg_blocking_pids(pid)) AS blocker FROM pg_stat_activity
    WHERE wait_event_type = 'Lock')
SELECT a.datname::text AS datname, coalesce(a.usename, '')::text AS usename,
       left(a.application_name, 60)::text AS application_name, coalesce(a.state, '')::text AS state,
       count(DISTINCT w.pid)::float8 AS vakhta_pg_root_blocker_blocks,
       max(a.pid)::float8 AS vakhta_pg_root_blocker_pid,
       max(extract(epoch FROM clock_timestamp() - a.xact_start))::float8
           AS vakhta_pg_root_blocker_transaction_seconds
FROM waiting w JOIN pg_stat_activity a ON a.pid = w.blocker
WHERE a.wait_event_type IS DISTINCT FROM 'Lock'
GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 10"),
    fast("idle_in_transaction", None, "
WITH blocking AS MATERIALIZED (
    SELECT DISTINCT unnest(pg_blocking_pids(pid)) AS pid FROM pg_stat_activity
    WHERE wait_event_type = 'Lock')
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - a.state_change)), 0)::float8
           AS vakhta_pg_idle_in_transaction_seconds,
       coalesce(max(extract(epoch FROM clock_timestamp() - a.state_change))
           FILTER (WHERE b.pid IS NOT NULL), 0)::float8
           AS vakhta_pg_idle_in_transaction_blocking_seconds
FROM pg_stat_activity a LEFT JOIN blocking b ON b.pid = a.pid
WHERE a.state LIKE 'idle in transaction%'"),
    fast("long_queries", None, "
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start)), 0)::float8
           AS vakhta_pg_longest_query_seconds
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid()
  AND application_name NOT IN ('pg_dump', 'pg_basebackup', 'vakhta')
  AND query NOT ILIKE 'autovacuum:%' AND query NOT ILIKE 'vacuum%'"),
    fast("prepared", PRIMARY, "
SELECT count(*)::float8 AS vakhta_pg_prepared_transactions,
       coalesce(max(extract(epoch FROM clock_timestamp() - prepared)), 0)::float8
           AS vakhta_pg_prepared_oldest_seconds
FROM pg_prepared_xacts"),
    fast("horizon", PRIMARY, "
SELECT holder, coalesce(max(age), 0)::float8 AS vakhta_pg_xmin_horizon_age
FROM (SELECT 'session'::text AS holder, age(backend_xmin)::float8 AS age FROM pg_stat_activity
        WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
      UNION ALL SELECT 'slot', age(xmin)::float8 FROM pg_replication_slots WHERE xmin IS NOT NULL
      UNION ALL SELECT 'slot', age(catalog_xmin)::float8 FROM pg_replication_slots
        WHERE catalog_xmin IS NOT NULL
      UNION ALL SELECT 'prepared', age(transaction)::float8 FROM pg_prepared_xacts
      UNION ALL SELECT 'standby', age(backend_xmin)::float8 FROM pg_stat_replication
        WHERE backend_xmin IS NOT NULL) AS held
GROUP BY 1"),
    fast("database", None, "
SELECT datname::text AS datname,
       numbackends::float8 AS pg_stat_database_numbackends,
       xact_commit::float8 AS pg_stat_database_xact_commit,
       xact_rollback::float8 AS pg_stat_database_xact_rollback,
       blks_read::float8 AS pg_stat_database_blks_read,
       blks_hit::float8 AS pg_stat_database_blks_hit,
       deadlocks::float8 AS pg_stat_database_deadlocks,
       conflicts::float8 AS pg_stat_database_conflicts,
       temp_bytes::float8 AS pg_stat_database_temp_bytes,
       coalesce(checksum_failures, 0)::float8 AS pg_stat_database_checksum_failures
FROM pg_stat_database WHERE datname IS NOT NULL AND datname NOT LIKE 'template%'"),
    fast("replication", PRIMARY, "
SELECT application_name::text AS application_name, coalesce(host(client_addr), '')::text AS client_addr,
       max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::float8
           AS pg_stat_replication_pg_wal_lsn_diff,
       count(*)::float8 AS vakhta_pg_standby_connected
FROM pg_stat_replication WHERE state <> 'backup' AND application_name <> 'pg_basebackup'
GROUP BY 1, 2"),
    Part { name: "slots", is_slow: false, versions: (130_000, 999_999), place: PRIMARY, sql: "
SELECT slot_name::text AS slot_name, slot_type::text AS slot_type,
       CASE WHEN active THEN 1 ELSE 0 END::float8 AS pg_replication_slots_active,
       pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8
           AS pg_replication_slots_pg_wal_lsn_diff,
       safe_wal_size::float8 AS pg_replication_slot_safe_wal_size_bytes,
       CASE WHEN wal_status IN ('lost', 'unreserved') THEN 1 ELSE 0 END::float8
           AS vakhta_pg_slot_lost
FROM pg_replication_slots" },
    fast("archiver", PRIMARY, "
SELECT archived_count::float8 AS pg_stat_archiver_archived_count,
       failed_count::float8 AS pg_stat_archiver_failed_count,
       extract(epoch FROM clock_timestamp() - last_archived_time)::float8
           AS pg_stat_archiver_last_archive_age,
       CASE WHEN last_archived_wal ~ '^[0-9A-F]{24}$' THEN
           floor(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') / segment.size) - 1
           - (('x' || substr(last_archived_wal, 9, 8))::bit(32)::bigint
                * (4294967296 / segment.size)
              + ('x' || substr(last_archived_wal, 17, 8))::bit(32)::bigint)
       END::float8 AS vakhta_pg_archive_gap_segments
FROM pg_stat_archiver,
     (SELECT pg_size_bytes(current_setting('wal_segment_size')) AS size) AS segment
WHERE current_setting('archive_mode') <> 'off'"),
    fast("processes", None, "
SELECT extract(epoch FROM min(backend_start))::float8 AS vakhta_pg_checkpointer_start_time_seconds
FROM pg_stat_activity WHERE backend_type = 'checkpointer'"),
    fast("wal", PRIMARY, "
SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int::float8
           AS vakhta_pg_timeline,
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS vakhta_pg_wal_bytes_total"),
    fast("standby", STANDBY, "
SELECT (SELECT count(*) FROM pg_stat_wal_receiver)::float8 AS vakhta_pg_wal_receivers,
       CASE WHEN pg_is_wal_replay_paused() THEN 1 ELSE 0 END::float8
           AS vakhta_pg_replay_is_paused,
       pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8
           AS vakhta_pg_replay_behind_bytes,
       CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
       END::float8 AS pg_replication_lag_seconds"),
    slow("identity", None, "
SELECT system_identifier::text AS system_identifier,
       CASE WHEN pg_is_in_recovery() THEN 0 ELSE 1 END::float8 AS vakhta_pg_is_writable
FROM pg_control_system()"),
    slow("wraparound", None, "
SELECT datname::text AS datname,
       age(datfrozenxid)::float8 AS pg_database_wraparound_age_datfrozenxid_seconds,
       mxid_age(datminmxid)::float8 AS pg_database_wraparound_age_datminmxid_seconds,
       (age(datfrozenxid) / 2147483648.0)::float8 AS vakhta_pg_xid_used_ratio
FROM pg_database WHERE datallowconn"),
    slow("size", None, "
SELECT datname::text AS datname, pg_database_size(oid)::float8 AS pg_database_size_bytes
FROM pg_database WHERE datallowconn AND NOT datistemplate
  AND has_database_privilege(datname, 'CONNECT')"),
    slow("sequences", PRIMARY, "
SELECT coalesce(max(coalesce(last_value, 0)::float8 / least(max_value,
           CASE data_type::text WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647
                ELSE 9223372036854775807 END)::float8), 0)::float8
           AS vakhta_pg_sequence_used_ratio
FROM pg_sequences WHERE increment_by > 0 AND NOT cycle"),
    slow("indexes", PRIMARY, "
SELECT count(*)::float8 AS vakhta_pg_invalid_indexes FROM pg_index i
WHERE NOT i.indisvalid
  AND NOT EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)"),
    slow("settings", None, "
SELECT count(*) FILTER (WHERE pending_restart)::float8 AS vakhta_pg_settings_pending_restart,
       count(*) FILTER (WHERE name IN ('fsync', 'full_page_writes', 'autovacuum')
           AND setting = 'off')::float8 AS vakhta_pg_settings_unsafe
FROM pg_settings"),
    slow("tables", PRIMARY, "
SELECT count(*) FILTER (WHERE n_dead_tup > 1.5 * (current_setting('autovacuum_vacuum_threshold')::float8
           + current_setting('autovacuum_vacuum_scale_factor')::float8 * n_live_tup)
           AND n_dead_tup > 10000)::float8 AS vakhta_pg_tables_behind_autovacuum,
       coalesce(max(n_dead_tup), 0)::float8 AS vakhta_pg_dead_tuples_max
FROM pg_stat_user_tables"),
    Part { name: "bgwriter", is_slow: false, versions: (120_000, 169_999), place: None, sql: "
SELECT checkpoints_timed::float8 AS pg_stat_bgwriter_checkpoints_timed,
       checkpoints_req::float8 AS pg_stat_bgwriter_checkpoints_req
FROM pg_stat_bgwriter" },
    Part { name: "checkpointer", is_slow: false, versions: (170_000, 999_999), place: None, sql: "
SELECT num_timed::float8 AS pg_stat_bgwriter_checkpoints_timed,
       num_requested::float8 AS pg_stat_bgwriter_checkpoints_req
FROM pg_stat_checkpointer" },
];
