# What is wrong with the configuration, and what to do: `check-…` with its `.help`; `query-…` are errors of
# PromQL; `found-…` and `os-…` are parts of others. Russian beside it: check.ru.ftl.

# What stands where something else was expected.
found-nothing = nothing
found-boolean = true or false
found-list = a list
found-section = a section
found-no-findings = nothing

# What the operating system says.
os-not-permitted = Operation not permitted (os error 1)
os-not-found = No such file or directory (os error 2)
os-denied = Permission denied (os error 13)
os-exists = File exists (os error 17)
os-not-a-folder = Not a directory (os error 20)
os-a-folder = Is a directory (os error 21)
os-no-space = No space left on device (os error 28)
os-read-only = Read-only file system (os error 30)
os-in-use = Address already in use (os error 98)
os-no-address = Cannot assign requested address (os error 99)

# Files.
check-file-unreadable = cannot read the file: { $error }
    .help = check the path; `vakhta init DIR` writes a new site
check-file-large = file is larger than 4 MiB
    .help = split it or remove what is not needed
check-not-utf8 = the file is not UTF-8, most likely { $encoding }
    .help = convert it: iconv -f { $encoding } -t UTF-8 { $file } -o { $file }.new && mv { $file }.new { $file }
check-packs-folder = cannot read the folder { $folder }: { $error }
    .help = create it, or remove `packs`

# YAML.
check-yaml = this is not YAML
    .help = mend the YAML here: indentation, quotes, colons
check-yaml-duplicate = the key `{ $key }` is there twice
    .help = remove one of the two
check-yaml-tab = a tab stands where YAML wants blanks
    .help = replace tabs with blanks
check-yaml-indent = the indentation does not fit the lines above
    .help = indent with blanks: what belongs together begins in the same column
check-yaml-colon = a colon or a key is missing or out of place
    .help = write `key: value`, one a line; a text with `: ` in it goes into quotes
check-yaml-quote = a quote is not closed, or stands inside a text
    .help = close the quote; inside '…' a quote is written twice
check-yaml-escape = in "…" a `\` begins a special character, and this one there is not
    .help = write '…' instead, where `\` is a letter like others, or double it
check-yaml-bracket = a bracket is not closed, or a comma is missing
    .help = close [ and {"{"}, and put commas between entries
check-yaml-character = a text cannot begin like this
    .help = put it into quotes
check-yaml-anchor = `*` refers to an anchor that is not there
    .help = define it above with `&`; a text that begins with `*` goes into quotes
check-yaml-documents = the file holds several documents
    .help = remove the lines `---`, or split the file
check-yaml-tag = tags such as `!name` are not supported
    .help = remove the tag; a text that begins with `!` goes into quotes
check-yaml-key = a key is a word
    .help = write `key: value`; other keys go into quotes
check-yaml-budget = the file becomes too large when its anchors are filled in
    .help = write the values out instead of `&` and `*`

# Any key.
check-missing = `{ $key }` is missing
    .help = add `{ $key }: …`
check-unknown-key = unknown key `{ $key }`
    .help = known here: { $known }
check-unknown-key-near = unknown key `{ $key }`
    .help = did you mean `{ $near }`?
check-outside = { $number } is outside { $low }…{ $high }
    .help = choose { $low } to { $high }
check-expected-section = expected a section with keys, found { $found }
    .help = write `key: value` lines, indented under the name
check-expected-text = expected a text, found { $found }
    .help = write for example `{ $example }`
check-expected-number = expected a number, found { $found }
    .help = write for example `{ $example }`
check-expected-boolean = expected true or false, found { $found }
    .help = write for example `{ $example }`
check-expected-duration = expected a duration with its unit (ms, s, m, h, d), found { $found }
    .help = write for example `{ $example }`
check-expected-size = expected a size with its unit (KiB, MiB, GiB), found { $found }
    .help = write for example `{ $example }`
check-expected-one = expected one of { $words }, found { $found }
    .help = write for example `{ $example }`
check-expected-some = expected one or more of { $words }, found { $found }
    .help = write for example `{ $example }`
check-expected-url = expected an http:// or https:// address, found { $found }
    .help = write for example `{ $example }`
check-expected-urls = expected http:// or https:// addresses, found { $found }
    .help = write for example `{ $example }`
check-expected-urls-plain = expected http:// or https:// addresses without a password, found { $found }
    .help = write for example `{ $example }`
check-expected-zone = expected a time zone's name, found { $found }
    .help = write for example `{ $example }`
check-expected-field = expected a field's name: Latin letters and digits, found { $found }
    .help = write for example `{ $example }`
check-expected-ldap = expected an ldaps:// or ldap:// address, found { $found }
    .help = write for example `{ $example }`
check-expected-groups = expected a list of groups, found { $found }
    .help = write for example `{ $example }`
check-expected-solutions = expected a list of solutions, found { $found }
    .help = write for example `{ $example }`
check-expected-systems = expected a list of systems, found { $found }
    .help = write for example `{ $example }`
check-expected-policies = expected a list of policies, found { $found }
    .help = write for example `{ $example }`
check-expected-sources = expected a list of sources, found { $found }
    .help = write for example `{ $example }`
check-expected-rules = expected a list of rules, found { $found }
    .help = write for example `{ $example }`
check-expected-tests = expected a list of tests, found { $found }
    .help = write for example `{ $example }`
check-expected-runbook = expected a page and an anchor, found { $found }
    .help = write for example `{ $example }`
check-expected-also = expected names and expressions, found { $found }
    .help = write for example `{ $example }`
check-expected-levels = expected levels by severity, found { $found }
    .help = write for example `{ $example }`
check-expected-branches = expected names of branches with their zones, found { $found }
    .help = write for example `{ $example }`
check-expected-iana = expected a time zone by its IANA name, found { $found }
    .help = write for example `{ $example }`
check-expected-proxies = expected a list of addresses, found { $found }
    .help = write for example `{ $example }`
check-expected-network = expected an address or a network, found { $found }
    .help = write for example `{ $example }`
check-expected-https = expected an https:// address, found { $found }
    .help = write for example `{ $example }`

# Addresses and secrets.
check-url-password = a password does not belong into an address
    .help = use `username` with `password_file` or `password_env`
check-secret-here = `{ $key }` would put a secret into the configuration
    .help = put it into a file and write `{ $file_key }: PATH`, or use `{ $env_key }`
check-secret-empty = the secret file { $file } is empty
    .help = write the password into it, one line
check-secret-unreadable = cannot read the secret file { $file }: { $error }
    .help = create the file, readable by this user only
check-env-unset = the environment variable { $name } is not set
    .help = export { $name }=… before starting
check-password-missing = the password is missing
    .help = add `password_file: PATH` or `password_env: NAME`
check-user-and-password = `username` and the password belong together, one of them is missing
    .help = add `username: …` and `password_file: PATH`, or leave both out
check-certificate-unreadable = cannot read the certificate file { $file }: { $error }
    .help = copy the cluster's http_ca.crt there, readable by this user
check-listen = `{ $text }` is no address to listen on
    .help = write an address and a port from 0 to 65535: `listen: 127.0.0.1:8480`
check-alertmanager-password = a password does not belong into an address
    .help = let a proxy on this machine add it, or protect Alertmanager by network
check-postgres-scheme = the address must begin with postgres://
    .help = write `url: postgres://vakhta@db1:5432/crm`, the password elsewhere
check-postgres-password = a password does not belong into an address
    .help = write `url: postgres://vakhta@db1:5432/crm`, the password elsewhere
check-postgres-address = not a PostgreSQL address: { $words }
    .help = write `url: postgres://vakhta@db1:5432/crm`, the password elsewhere

# Sources.
check-timeout-long = a poll may take longer than the interval between polls
    .help = make `timeout` shorter than `interval`
check-interval-short = `{ $key }` is shorter than { $least } s
    .help = write `{ $key }: { $least }s` or more
check-expected-labels = expected labels
    .help = write `labels: {"{"}team: crm{"}"}`
check-label-name = `{ $name }` cannot be a label here
    .help = use letters, digits and _; job, instance and system are set by Vakhta
check-label-value = a label's value is a text
    .help = put it into quotes
check-source-twice = there is already a { $kind } source named `{ $name }`
    .help = give each source a name of its own

# Systems, policies, solutions.
check-system-twice = system `{ $key }` is already described in line { $line }
    .help = remove one of the two, or give it another key
check-system-needed = `{ $key }` is needed here but is no system of this file
    .help = add it under `systems`, or mend the key
check-system-circle = systems depend on each other in a circle: { $circle }
    .help = a cause is looked for along these arrows: take the weakest one out
check-system-unknown = `{ $key }` is no system of the topology
    .help = mend the key, or add the system to the topology file
check-system-unknown-near = `{ $key }` is no system of the topology
    .help = did you mean `{ $near }`?
check-no-policies = there is a channel, and no policy that says what goes to it
    .help = add `policies: policies.yaml`; `vakhta init DIR` writes an example
check-solution-twice = solution `{ $key }` is there twice
    .help = remove one of the two, or give it another key

# People.
check-ldap-clear = passwords would go over the network in the clear
    .help = use ldaps://, or add `starttls: "on"`
check-ldap-filter = the filter does not say whom to find
    .help = write {"{"}name{"}"} where the name goes: (sAMAccountName={"{"}name{"}"})
check-group-role = the group has no `role`
    .help = add one of { $known }
check-group-team = line2 without a `team`
    .help = add the first part of its queues: `team: 2ЛТП`
check-oidc-clear = who signs people in would be asked over the network in the clear
    .help = use https://
check-oidc-secret = the provider needs a secret
    .help = add `secret_file: PATH`
check-tls = cannot use { $file }: { $error }
    .help = give the certificate with those that vouch for it, and its key, both as PEM, readable by this user
check-tls-empty = cannot use { $file }: there is no certificate in it
    .help = give the certificate with those that vouch for it, and its key, both as PEM, readable by this user

# Rules.
check-adjusts-nothing = there is no rule `{ $rule }`
    .help = take the rule's name from the page of rules
check-rule-twice = there is already a rule `{ $rule }`
    .help = give it another id
check-promql = { $why }
    .help = mend the PromQL expression
check-promql-at = { $why }
    .help = mend the PromQL expression at its column { $column }
check-expected-promql = expected a PromQL expression
    .help = write it in quotes
check-no-method = the rule has no method
    .help = write exactly one of { $known }
check-many-methods = the rule has { $count } methods
    .help = write exactly one of { $known }
check-no-severity = no severity `{ $word }`
    .help = there are info, warning, high, critical
check-ladder-empty = no raise level is given
    .help = give at least one severity a level
check-ladder-order = the level of { $worse } must lie further out than that of { $milder }
    .help = a worse severity needs a level further out
check-not-finite = { $field } must be a finite number
    .help = mend the method's parameters
check-negative = { $field } must not be negative
    .help = mend the method's parameters
check-not-positive = { $field } must be more than zero
    .help = mend the method's parameters
check-parameter-range = { $field } must lie between { $low } and { $high }
    .help = mend the method's parameters
check-clear-beyond = clear must lie on the good side of the mildest raise level, or at it
    .help = mend the method's parameters
check-short-window = short must be less than long
    .help = mend the method's parameters
check-notation-word = `{ $word }` is not in the series notation: write `5`, `_`, `5x10`, `0+1x10` or `_x3`
    .help = write for example `0x5 3 _ 1+2x4`
check-notation-series = `{ $series }` is not a series
    .help = write `name{"{"}label="value"{"}"}`
check-notation-long = the series has more than 100000 values
    .help = write for example `0x5 3 _ 1+2x4`

# PromQL. Also what Prometheus's interface answers, in English always.
query-not-promql = not PromQL: { $words }
query-long = the expression is longer than { $limit } bytes; split it
query-deep = the expression is nested too deeply; split it
query-moments = more than { $limit } moments; choose a longer step
query-samples = the query reads more than { $limit } samples; narrow its selectors or range
query-range-samples = more than { $limit } samples; narrow the selector or the range
query-match-one = cannot match: { $one } and { $other } have the same labels on the side that must have one; add labels to `on` or swap group_left and group_right
query-match-several = cannot match: several series match as { $labels }; add labels to `on`, or write group_left or group_right
query-same-labels = several results have the same labels { $labels }; keep the labels that tell them apart, or aggregate
query-over-subquery = { $function }() over a subquery is not supported; use a metric
query-subquery = the subquery `{ $subquery }` is not supported; use a range of a plain metric
query-subqueries = subqueries are not supported; ask for a range of a plain metric
query-argument = argument { $number } of { $function }() is not usable
query-function = the function { $function }() is not supported; supported are rate, increase, delta, irate, deriv, predict_linear, changes, resets, *_over_time, abs, ceil, floor, round, clamp*, absent, scalar, vector, time, label_replace, histogram_quantile
query-aggregation = the aggregation `{ $word }` is not supported; use sum, avg, min, max, count, group, stddev, stdvar or quantile
query-quantile = quantile needs a number from 0 to 1
query-replace-pattern = label_replace: «{ $pattern }» is no regular expression
query-label-name = «{ $name }» cannot be the name of a label
query-bare-range = a range such as `metric[5m]` has no single value; put it into a function, as rate()
query-bare-text = a text has no value; write an expression that gives numbers
query-extension = extensions of PromQL are not supported
query-modifier = the modifier `@` is not supported; use `offset`
query-or = `or` inside braces is not PromQL; use a regular expression
query-empty-range = a range must be longer than 0
query-fill = `fill` is not supported; use `or` with a default
query-operator = the operator `{ $word }` is not supported
query-comparison = a comparison of two plain numbers needs `bool`
query-no-selector = { $text } is no selector such as up{"{"}job="x"{"}"}
check-url-port = the port of the address is not one of 1 to 65535
    .help = mend the number behind the colon: http://127.0.0.1:9100
