# What the commands say in the terminal. Russian beside it: cli.ru.ftl; the help of commands: help.ru.ftl.

cli-error = error:
cli-help = help:
cli-note = note:

# check
cli-errors = { $count ->
    [one] 1 error
   *[other] { $count } errors
}
cli-check-ok = ok: { $rules ->
    [one] 1 rule and its tests
   *[other] { $rules } rules and their tests
}, { $systems ->
    [one] 1 system
   *[other] { $systems } systems
}, { $sources ->
    [one] 1 source
   *[other] { $sources } sources
}, { $policies ->
    [one] 1 policy
   *[other] { $policies } policies
}
cli-note-no-tickets = policy { $policy } opens tickets, and there is no `otrs:`: none will be opened
cli-note-no-alerts = policy { $policy } raises alerts, and there is no `alertmanager:`: none will be raised
cli-doubt-nothing = nothing is watched: add `collect:` or `otrs:`; `vakhta init DIR` writes an example
cli-doubt-owner = system { $key } has no `owner`: nobody would know whom to call; add owner: {"{"}ru: …, en: …{"}"}
cli-doubt-runbook = rule { $rule }: there is no runbook { $runbook }; the pages show no link to it
cli-test-failed = rule { $rule }: test «{ $test }»: { $why }
cli-test-none = the rule has no tests
cli-test-found = at { $at } s expected { $wanted }, found { $found }
cli-test-placeholder = nothing is called `{"{"}{ $name }{"}"}`: there are { $known }
cli-test-nowhere = the result says neither where nor at which system: keep the labels instance and system (`sum by (instance, system) (…)`), or give the rule a `system:`

# run
cli-greeting = The watch is on: { $page }/
cli-greeting-link = The watch is on. Open the page (the link works once, for an hour):
cli-cannot-listen = cannot listen on { $file }: { $error }; is another Vakhta running?
cli-cannot-make-data = cannot make the data folder { $file }: { $error }
cli-cannot-restrict = cannot restrict { $file }: { $error }
cli-cannot-lock = cannot lock { $file }: { $error }
cli-fallen = { $how }; start the program again
cli-folder-taken = another Vakhta works on the data folder { $file }; stop it, or give this one --data of its own

# Files
cli-cannot-read = cannot read { $file }: { $error }
cli-cannot-write = cannot write { $file }: { $error }
cli-cannot-make = cannot make { $file }: { $error }
cli-cannot-move = cannot move { $file } aside: { $error }
cli-cannot-remove = cannot remove { $file }: { $error }
cli-cannot-own = cannot give { $file } to the owner of its folder: { $error }

# The store
cli-store-database = cannot { $doing } in the store: { $error }; check free space and rights of the data folder
cli-store-migrate = cannot bring the store up to date: { $error }; it may come from a newer version
cli-store-body = { $what } in the store cannot be read: { $error }; it may come from a newer version
cli-store-record = event { $event } of the log cannot be read: { $error }. Start the version that wrote it, or restore a backup, or start once with --skip-unreadable: that event is left out then, and the log says so
cli-store-beginning = no snapshot can be read, and the log begins at event { $event }: what came before was trimmed. Start the version that wrote it, or restore a backup
cli-store-unsound = { $file } cannot be used: { $error }; take another backup
cli-store-newer = { $file } cannot be used: it was written by a newer version (format { $version }); take another backup
cli-store-none = { $file } cannot be used: it is no store of Vakhta; take another backup
cli-store-missing = { $file } cannot be used: it is not there; take another backup
cli-store-password = the password cannot be hashed: it may be too long
cli-store-damaged = { $what } in the store is damaged: { $error }; restore a backup

# backup, restore
cli-no-store = there is no { $file }; name the data folder with --data
cli-there-already = { $file } is there already; name another file
cli-backed-up = { $file }: { $bytes } bytes, read through and sound
cli-restored = { $file } is back
cli-restored-over = { $file } is back; what was there is { $aside }

# doctor
cli-doctor-ok = ok
cli-doctor-weak = weak
cli-doctor-bad = bad
cli-not-ready = { $url } answers { $status }: it is not ready
cli-no-answer = { $url } does not answer: { $error }; is the watch running?

cli-doctor-folder = the data folder cannot be written: { $error }; give it to the user that runs Vakhta
cli-refused = the connection is refused
cli-timeout = nothing came in time

# explain
cli-explain-no-store = cannot explain { $id }: there is no { $file }; name the data folder of the watch with --data
cli-explain-unknown = nothing known has the id { $id } (ids: PRB-000001, MI-000001, ticket:4711, a finding's key)

# token, user
cli-new-store = { $file } is new; is --data the folder of the watch?
cli-line2-team = line2 needs --team, the first part of its queues: --team 2ЛТП
cli-used = used { $moment }
cli-ends = ends { $moment }
cli-used-never = used never
cli-ends-never = ends never
cli-no-token = no token begins with { $hash }; see vakhta token list
cli-no-user = there is no user { $name }; see vakhta user list
cli-password-short = the password needs at least { $least ->
    [one] 1 letter
   *[other] { $least } letters
}
cli-totp-now = give this address to an authenticator now; it is not shown again
cli-user-active = active
cli-user-disabled = disabled

# init
cli-init-password = { $option }: leave user and password out of the address; write `username` and `password_file` into the site afterwards
cli-init-postgres = --postgres { $url }: write postgres://user@host:port/database
cli-init-there = { $file } is already there; choose another folder
cli-init-written = written: { $file }
cli-init-next = next:
cli-init-step-role = in each PostgreSQL:  CREATE ROLE vakhta LOGIN CONNECTION LIMIT 2 PASSWORD '…'; GRANT pg_monitor TO vakhta;
cli-init-step-password = the password is in { $dir }/postgres.password
cli-init-step-otrs = in OTRS: the agent of docs/escalate/otrs.md; its password is in { $dir }/otrs.password
cli-init-step-page = set `page_url` in { $file } to the address under which people reach the page

# evaluate
cli-evaluated = { $kind }: { $items } items, { $seconds } s, { $rate } items/s
cli-csv-line = { $file }: line { $line }: expected `timestamp,value`, found «{ $word }»
cli-csv-time = { $file }: line { $line }: «{ $word }» is not a date and time
cli-csv-number = { $file }: line { $line }: «{ $word }» is not a number
cli-storm-file = { $file } is not as expected: { $error }
cli-storm-line = { $file } line { $line }: not as expected: { $error }

# The command line itself; in English clap says it.
cli-usage = Usage: { $usage }
cli-usage-more = For more information, try '{ $command } --help'.
cli-usage-near = did you mean `{ $near }`?
cli-usage-unknown = unexpected argument { $argument }
cli-usage-extra = superfluous argument { $argument }
cli-usage-command = unrecognized command { $command }
cli-usage-no-command = a command is missing
cli-usage-no-value = { $argument } needs a value
cli-usage-no-value-of = { $argument } needs a value: { $known }
cli-usage-value = «{ $value }» does not fit { $argument }
cli-usage-value-of = «{ $value }» does not fit { $argument }; possible: { $known }
cli-usage-missing = missing: { $arguments }
cli-usage-twice = { $argument } was given twice
cli-usage-conflict = { $argument } does not go together with { $other }
cli-usage-count = { $argument }: wrong number of values
cli-usage-utf8 = the command line is not UTF-8
cli-usage-other = the command line is wrong
cli-token-named = there is already a token named { $name }; revoke it: vakhta token revoke { $hash }, or choose another name
cli-note-adjusted = limits are changed by `rules:`, the shipped tests were not run for them: { $rules }
cli-note-off = switched off by `rules:`, nobody will hear of what they watch: { $rules }
cli-note-plain = pages are open to the network without encryption ({ $listen }); add `tls:`, or put a proxy before them and say `page_url: https://…`
