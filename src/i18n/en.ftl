# All texts for people. Every key is in ru.ftl too, with the same variables.

# Counting
count-tickets = { $count ->
    [one] { $count } ticket
   *[other] { $count } tickets
}
count-users = { $count ->
    [one] { $count } user
   *[other] { $count } users
}
count-findings = { $count ->
    [one] { $count } finding
   *[other] { $count } findings
}
count-systems = { $count ->
    [one] { $count } system
   *[other] { $count } systems
}

# Levels and states
severity-info = info
severity-warning = warning
severity-high = high
severity-critical = critical
severity-full-info = for the record
severity-full-warning = warning
severity-full-high = high severity
severity-full-critical = critical severity
state-open = open
state-acknowledged = acknowledged
state-resolved = resolved
state-closed = closed

# Title of a Problem
title-finding = { $system } · { $what }
title-tickets = { $system }: many tickets
title-tickets-slow = { $system }: many tickets, works slowly
title-tickets-errors = { $system }: many tickets, errors
title-tickets-down = { $system }: many tickets, does not work
title-tickets-stale = { $system }: many tickets, data missing or out of date

# Why an incident was put to this Problem
why-prior = beforehand: two incidents picked at random usually have different causes
why-same-system = the same system: { $system }
why-needs = { $own } needs { $other } { $hops ->
    [1] directly
   *[other] over { $hops } edges
}
why-serves = { $other } needs { $own } { $hops ->
    [1] directly
   *[other] over { $hops } edges
}
why-sibling = { $own } and { $other } need the same system
why-no-system = the ticket names no system
why-belief = the ticket may not be about { $system }
why-time = they began at nearly the same time
why-time-against = they began at different times
why-two-causes = both faults stand on their own
why-impact = what is felt agrees
why-impact-against = something else is felt
why-text = the descriptions are alike
why-text-against = the descriptions are not alike
why-mrf = the same branch
why-mrf-against = another branch

# Why this is the cause
cause-shows-nothing = { $system }: shows no fault of its own
cause-own-tickets = { $count ->
    [one] { $count } ticket points to it
   *[other] { $count } tickets point to it
}
cause-own-findings = { $count ->
    [one] { $count } finding of its own
   *[other] { $count } findings of its own
}
cause-rare = such a sign is rare
cause-first = was the first to break
cause-later = showed { $span } after the first signs
cause-explains = explains the trouble in { $system }
cause-does-not-explain = does not explain the trouble in { $system }
cause-broken-below = needs { $system }, which is broken too

# History of a Problem
line-opened = Problem opened: { $what }
line-finding = Finding: { $what }
line-finding-over = Over: { $what }
line-tickets = Tickets by now: { $count }
line-findings = Findings by now: { $count }
line-cause = Likely cause: { $system }
line-severity = Severity raised: { $severity }

line-reopened = Came back: { $what }

line-closed = Closed
line-ticket-open = Ticket { $ref } opened
line-ticket-closed = Ticket { $ref } closed
line-ticket-failed = Ticket: no success. { $error }
line-alert = Alert sent
line-alert-queue = Alert sent for { $queue }
line-alert-over = Alert withdrawn
line-alert-failed = Alert: no success. { $error }

# Ticket and notes
ticket-title = Vakhta: { $title }
ticket-since = Began: { $time }
ticket-severity = Severity: { $severity }
ticket-systems = Systems concerned: { $systems }
ticket-counts = Tickets: { $tickets }, users: { $users }, monitoring findings: { $findings }
ticket-mrfs = Branches: { $mrfs }
ticket-cause = Likely cause: { $system }, probability { $probability }
ticket-findings = What was found:
ticket-more = { $count ->
    [one] and { $count } more finding
   *[other] and { $count } more findings
}
ticket-advice = What to do: { $advice }
ticket-link = Details and actions: { $link }
ticket-runbook = Runbook: { $link }

note-changed-subject = Problem has changed
note-changed-severity = severity: { $before } → { $after }
note-changed-cause = likely cause: { $before } → { $after }
note-changed-systems = systems concerned: { $before } → { $after }
note-changed-tickets = tickets: { $before } → { $after }
note-changed = What has changed: { $what }.
note-resolved-subject = Problem resolved
note-resolved-by = Marked as resolved by hand: { $who }.
note-resolved-why = What was done: { $reason }
note-resolved-alone = Monitoring sees no trouble any more, and nobody reports any.
note-lasted = The Problem lasted { $span }.
note-reopened-subject = Problem came back
note-closed-subject = Problem closed

# Pages
product = Vakhta
nav-sources = Sources
list-empty-closed = No closed Problems yet.
list-silent = Sources that do not answer:
told-ticket-open = ticket { $ref } opened { $ago }
told-ticket-closed = ticket { $ref } closed { $ago }
told-ticket-pending = ticket not open yet
told-ticket-rejected = ticket was refused

told-alert-done = alert withdrawn { $ago }

told-alert-rejected = alert was refused
told-nobody-unset = There is nowhere to tell: neither OTRS nor Alertmanager is set up.
told-nobody-yet = Nobody was told yet: too mild for the policies, or their waiting time has not passed.
told-nobody = Nobody was told: too mild for the policies, or over before their waiting time had passed.
ago = { $span } ago
span-seconds = { $count } s
span-minutes = { $count } min
span-hours = { $count } h
span-days = { $count } d
act-acknowledge = Acknowledge
act-resolve = Mark as resolved
act-reason = What was done
head-facts = What is known
head-causes = Likely causes
head-cause = Cause
head-graph = Place in the dependency graph
head-findings = Monitoring findings
head-tickets = Users' tickets
head-timeline = Timeline
why-here = Why it is here
fact-opened = Began
fact-systems = Systems
fact-acknowledged = Acknowledged
fact-resolved = Resolved
fact-merged = Merged into
more-findings = { $count ->
    [one] { $count } more finding
   *[other] { $count } more findings
}
finding-source = Open where it came from
finding-runbook = Runbook
evidence-value = now
evidence-limit = threshold
evidence-time_left = left
evidence-baseline = usual
evidence-age = age
evidence-increase = increase
evidence-score = oddness
more-tickets = { $count ->
    [one] and { $count } more ticket
   *[other] and { $count } more tickets
}
sources-title = Data sources
source-name = Name
source-kind = Kind
source-system = System
source-state = State
source-polled = Polled
source-seconds = Poll, s
source-samples = Samples
source-up = answers
source-offered = found, not watched
source-down = does not answer
runbooks-title = Runbooks
runbooks-hint = Find what you see. To search the page: Ctrl+F.
page-missing-title = There is nothing here
page-missing = There is no such page or Problem. The address may have a typo.
page-forbidden-title = Not allowed
page-forbidden = This needs the role “duty” or a higher one. Ask the administrator for a new sign-in link.
page-foreign = The request did not come from this page. A proxy before Vakhta must pass the host name on unchanged.
page-conflict-title = It did not work
page-conflict = The Problem is closed already, or merged into another.
page-failed-title = It did not work
page-failed = Vakhta could not do this. Try again in a minute; if that does not help, the program's log says more.
page-back = To the list of Problems
sign-in-title = Sign in
sign-in-text = Is the link used up, or have you not come in yet? Ask an administrator for a new one, who makes it on the server:

# Explanations
explain-members = What was put here, and why
explain-first = came first: the Problem began with it
explain-sum = { $sum } in all (above zero: the same cause)

# Clusters and cases
count-returns = { $count ->
    [one] came back once
   *[other] came back { $count } times
}
state-merged = merged
title-finding-over = { $system } · over: { $what }
title-tickets-nowhere = Many tickets: no system is named
why-surge = so many tickets at once about { $system } are no chance
why-fault = with the rest, best explained by a fault of { $system }
why-act = a person put it here (act { $act })
cause-release = release { $version } went into operation shortly before
cause-set-by-person = a person has named the cause
also-possible = Another cause is possible too.
line-opened-mass = Mass incident: { $count ->
    [one] { $count } user has reported it
   *[other] { $count } users have reported it
}
line-severity-lower = Severity lowered: { $severity }
line-merged = { $case } was merged into this
line-merged-into = Merged into { $case }, which goes on
line-unstable = It comes and goes; single returns are not reported any more
line-resolved = Resolved: monitoring is calm and nobody reports
line-resolved-by = Marked resolved by { $who }{ $reason }
line-rejected = Marked as a false alarm by { $who }{ $reason }
line-reopened-by = Opened again by { $who }{ $reason }
line-taken = Taken by { $who }{ $reason }
line-handed-over = { $who } hands it over to { $to }{ $reason }
line-comment = { $who }: { $text }
line-confirmed = Confirmed by { $who }{ $reason }
line-merged-by = { $who } merges it with { $case }{ $reason }
line-split = { $who } splits off { $case }: { $count ->
    [one] { $count } signal
   *[other] { $count } signals
}{ $reason }
line-parted = Went to { $case }: { $count ->
    [one] { $count } finding
   *[other] { $count } findings
}, the cause is more likely there
line-parted-alone = No longer part of this: { $count ->
    [one] { $count } finding
   *[other] { $count } findings
}, the cause is likely another one
line-split-from = Split off from { $case } by { $who }{ $reason }
line-moved-to = { $who } moves to { $case }: { $count ->
    [one] { $count } signal
   *[other] { $count } signals
}{ $reason }
line-moved-here = { $who } moves here from { $case }: { $count ->
    [one] { $count } signal
   *[other] { $count } signals
}{ $reason }
line-taken-in = { $who } takes in: { $count ->
    [one] { $count } signal
   *[other] { $count } signals
}{ $reason }
line-moved-out = { $who } takes out: { $count ->
    [one] { $count } signal
   *[other] { $count } signals
}{ $reason }
line-cause-set = Cause: { $system }, named by { $who }{ $reason }
line-cause-free = The engine names the cause again: { $who }{ $reason }
line-known-error = Known error { $reference }: { $who }{ $reason }
line-snoozed = Paging paused until { $until }: { $who }{ $reason }
line-muted = { $who } mutes until { $until }: { $count ->
    [one] { $count } signal
   *[other] { $count } signals
}{ $reason }
line-undone = Undone: {"“"}{ $what }{"”"}, by { $who }{ $reason }
line-undone-case = The split was undone, all of it is back in { $case }
line-withdrawn = Does not count any more, it is no incident: { $what }
act-take = take
act-hand_over = hand over
act-comment = comment
act-reopen = open again
act-confirm = confirm
act-reject = mark as a false alarm
act-merge = merge
act-split = split
act-move = move
act-set_cause = set the cause
act-known_error = known error
act-snooze = pause paging
act-mute = mute
act-undo = Undo
act-take_in = take in
button-take-in = It belongs here
silence-taken = taken by { $who }
silence-snoozed = paging is paused
silence-lifted = not needed any more

# Tickets: joining, merging, the end
note-joined-subject = This ticket belongs to { $case }
note-joined-body = It seems to have the cause of other tickets and monitoring findings:
    { $title }

    Tell the user that the failure is known and being mended.
    If this ticket is about something else, detach it on the page of the Problem, or tell the duty shift.
    Progress: { $link }
note-left-subject = This ticket does not belong to { $case } any more
note-left-body = It is a request, not an incident: handle it as usual.
note-left-moved-body = It has another cause. Work on it by itself, unless it joins another Problem.
note-left-rejected-body = The alarm was false: work on this ticket by itself.
note-over-subject = The failure ({ $case }) is over
note-over-body = The cause of this ticket was removed:
    { $title }

    Ask the user whether everything works, and close the ticket. Details: { $link }
answer-over-subject = The failure is over ({ $case })
answer-over-body =
    Hello,

    the failure that you reported is over. Please see whether everything works.
    If it does not, answer this message and somebody will look into it.
note-changed-findings = monitoring findings: { $before } → { $after }
note-unstable-subject = The Problem is unstable
note-unstable-body = It comes and goes. Single returns are not reported any more until that ends.
note-merged-subject = Merged with { $case }
note-merged-body = The cause is the same. Work goes on in the ticket of { $case }; this one will be closed with it.
note-unmerged-subject = The merge was undone
note-explained-subject = Cause of the mass incident: { $case }
note-explained-body = Monitoring sees the cause. It is worked on in the ticket of { $case }; the tickets have joined that one.
note-rejected-subject = False alarm, the ticket is closed

# What an act will do
will-stay = { $case }: { $state }, findings { $findings }, tickets { $tickets }
will-be = { $case } → { $state }: { $findings } findings, { $tickets } tickets
will-open-ticket = { $case }: a ticket will be opened
will-move-ticket = { $case }: the ticket will move to another queue
will-note-ticket = { $case }: notes on the ticket: { $count }
will-close-ticket = { $case }: the ticket will be closed
will-join-tickets = { $case }: users' tickets that join: { $count }
will-leave-tickets = { $case }: users' tickets that leave: { $count }
will-tell-tickets = { $case }: users' tickets that are told: { $count }
will-answer-tickets = { $case }: users' tickets that are answered: { $count }
will-close-tickets = { $case }: users' tickets that are answered and closed (those somebody is at work on stay open): { $count }
will-alert = { $case }: an alert goes to Alertmanager
will-end-alert = { $case }: the alert ends
will-silence = { $case }: the pause of paging changes

# Pages: new
told-line-alerted = handed to Alertmanager for { $who } { $ago }
told-alert-firing = handed to Alertmanager { $ago }
told-alert-pending = not handed to Alertmanager yet
told-alert-expired = no alert was needed
told-ticket-expired = no ticket was needed
short-ticket-open = No. { $ref }, { $ago }
short-ticket-closed = No. { $ref } closed { $ago }
short-line-alerted = { $who }: handed over { $ago }
short-alert-firing = alert handed over { $ago }
fact-peak = At its worst
fact-before = Before it came back
fact-unstable = Unstable
fact-known-error = Known error
fact-explains = Mass incident
fact-explained-by = Cause
fact-absorbed = Merged into this
fact-split-off = Split off
fact-split-from = Split off from
head-candidates = May belong here: the ticket names no system
explain-alone = In no Problem: the signal is too weak so far to open one of its own.
explain-in = Belongs to { $case }
explain-candidate = It looks like { $case }, with a sum of { $sum }:
explain-nearest = Nearest is { $case } with a sum of { $sum } (more than zero is needed to join):
unassigned-alone = In no Problem: too little in common with those that are open, and too weak to open one of its own.
unassigned-candidate = The ticket names no system, so it joins nothing by itself. Compare it with the Problem below: it may be about that.
unassigned-request = It is a request (service, change, enhancement or information), not an incident: requests are in no Problem.
unassigned-void = The ticket was merged with another one or removed: it says nothing of its own.
unassigned-excused = The Problem with this finding was closed while it was still on. A new one opens if it gets worse, or ends and returns.
held-by-work = It alarms nobody: work { $work } “{ $title }” is under way until { $until }. If it is still on then, it will be told.
held-by-mute = It alarms nobody: muted by a person ({ $mute }).
constraint-pinned = A person has put it here: { $who } (act { $act }).
constraint-barred = A person has kept it out of there: { $who } (act { $act }).

# The frame of a page
skip = To the content
nav-label = Sections
nav-shift = Shift
nav-tickets = Tickets
nav-review = Review
nav-systems = Systems
nav-runbooks = Runbooks
nav-access = Access
status-good = {"{clock}"} · {"{up}"} of {"{sources}"} polled
status-stale = Vakhta has not answered for {"{age}"} s, data of {"{clock}"}. Do not rely on this screen.
status-dead = The core of Vakhta does not answer: nothing new will show. Do not rely on this screen.
bell = Sound
bell-title = Sound and notice for a new critical problem
sign-out = Sign out
keys-title = Keys
keys-close = Close
key-j = next row
key-k = previous row
key-x = tick the row
key-a = take
key-r = mark as resolved
key-s = pause paging
key-m = merge
key-c = comment
key-u = undo the last act
key-search = search
key-help = this help

# The shift
shift-title = Shift
shift-title-closed = Closed
search = Search
search-hint = PRB-…, ticket number, words
filters = Filters
views = Own lists
view-name = Name of the list
view-save = Keep this list
view-drop = drop
chip-nobody = nobody's
chip-me = mine
chip-critical = critical
chip-high = high and worse
chip-hours = last 8 h
chip-closed = closed
column-pick = Tick
column-age = Lasts
column-severity = Severity
column-felt = What happens
column-size = Who is concerned
column-cause = Cause
column-owner = Who has it
column-told = Who was told
level-critical = CRIT
level-high = HIGH
level-warning = WARN
level-info = info
level-still = still on
severity-blind = no data
band-blind = Monitoring gets no data
short-users = { $count ->
    [one] { $count } user
   *[other] { $count } users
}
row-felt = { $system } { $felt } — { $title }
felt-slow = is slow
felt-errors = shows errors
felt-down = does not work
felt-stale = shows old data
felt-unfelt = is not felt
row-cause = { $system } { $share }
row-cause-unclear = unclear: { $system } { $share }
state-merged-into = merged into { $case }
state-taken-by = taken: { $who }
button-take = Take
bulk = Ticked:
bulk-snooze = Pause paging for an hour
bulk-merge = Merge
list-quiet = No open problems. Nothing new for { $span }, { $up } of { $sources } polled.
list-quiet-ever = No open problems, and none so far. { $up } of { $sources } polled.
list-empty-filtered = Nothing fits this filter.
list-next = Show more
work-on = Works are on: { $title } ({ $systems }), until { $until }
work-next = Works soon: { $title } ({ $systems }), from { $from } until { $until }
done = { $case }: { $verb }.
done-take = taken
done-hand_over = handed over
done-comment = comment kept
done-resolve = marked as resolved
done-reopen = open again
done-confirm = confirmed
done-reject = marked as a false alarm
done-merge = merged
done-split = split off
done-move = moved
done-take_in = taken in
done-set_cause = cause set
done-known_error = marked as a known error
done-snooze = paging paused
done-mute = signals muted
done-undo = act undone

# A case
case-lasts = lasts { $span }
case-lasted = lasted { $span }
case-cause = The cause is most likely { $system } ({ $share }).
case-cause-perhaps = The cause is not clear; { $system } is likelier than others ({ $share }).
case-cause-unclear = The cause is not clear: { $system } ({ $share }) or { $other }.
why-cause = Why
head-felt = What users see
head-advice = What to do
head-contact = Whom to call
head-similar = Like it before
similar-by-itself = it passed by itself
felt-nobody = No tickets.
bars-name = Tickets in each five minutes
contact-unknown = The topology does not say who owns this system.
advice-tickets-only = Monitoring is silent, there are only tickets. Look at the system yourself and call those who own it.
head-solutions = Standard solutions
solution-text = What to do
solution-fits = Standard solution:
solution-by-system = by the system: { $systems }
solution-by-words = by the words: { $words }
mark-release = Release { $system } { $version }
evidence-worst = at worst
copy = Copy
alike = alike ones, and why here
member-held = held back:
pick-member = Tick
acts = Acts
button-hand-over = Hand over…
button-resolve = Mark as resolved
button-reopen = Reopen
button-comment = Comment
button-snooze = Pause paging
button-merge = Merge…
button-members = Split…
button-split = Split off
button-move = Move
button-mute = Mute for 8 h
button-cause = Name the cause
button-known = Known error
button-confirm = Confirm
button-reject = False alarm
button-next = Next
field-to = To whom
field-text = Text
field-for = For how long
for-30 = 30 minutes
for-120 = 2 hours
for-480 = 8 hours
field-into = With which
field-move-to = Move where
move-nowhere = nowhere: to be looked at by itself
members-hint = Tick below the findings and tickets that this is about.
field-cause = System
cause-free = let the engine decide
field-known = Number in the knowledge base
act-why = Why
act-sure = Do it
act-cancel = Do not
act-undo-hint = The act can be undone in the course of events.
preview-title = What will happen
preview-heading = What “{ $verb }” will do
hand-over-unknown = Nobody named “{ $who }” has signed in to Vakhta yet: check the spelling.
changed-since = What has changed since
refused-unknown = { $case } is closed already, or merged into another.
refused-stale = { $case } has changed while you looked. Look again.
refused-not-now = { $case } is «{ $state }» now, so «{ $verb }» is not possible.
refused-no-signal = { $case } does not have { $signal } any more.
refused-elsewhere = { $signal } is in { $case }: move it from there.
refused-nothing-to-split = Tick a part of the signals: some must go, some must stay.
refused-no-signals = Tick the signals that this is about.
refused-same-case = { $case } is the same problem. Name another one.
refused-no-system = The topology has no system { $system }.
refused-past = That moment has passed already.
refused-no-text = Write a text.
refused-no-act = This act was undone already, or is too old.
refused-not-last = Other acts came after this one: undo them first.
refused-no-cases = Tick the problems that this is about.
runbook-contents = On this page
runbook-elasticsearch = Elasticsearch and OpenSearch
runbook-engine = Vakhta itself and its sources
runbook-host = Linux servers
runbook-otrs = OTRS and tickets
runbook-postgres = PostgreSQL
graph-cause = likely cause
graph-touched = touched
advice-none = There is no advice with this alert: open it where it came from, and call those who own the system.

# Coming in, and access
sign-in-name = Name
sign-in-password = Password
sign-in-code-field = Code of the authenticator
sign-in-button = Sign in
sign-in-no-password = No password
sign-in-wrong = Name or password are not right.
sign-in-code = Enter the code of your authenticator.
sign-in-code-wrong = The code is not right, or was used already. Wait for the next one.
sign-in-crowd = Too many attempts at once. Wait for half a minute.
refused-team = This problem is not at your team ({ $team }): its systems are in another queue.
access-users = Users
access-no-users = There are no users with a password.
access-passes = Sessions and tokens
access-journal = Journal of access
column-name = Name
column-role = Role
column-kind = Kind
column-created = Made
column-used = Used
column-expires = Ends
column-address = Address
column-what = What
column-about = About
column-when = When
button-revoke = Revoke
role-viewer = viewer
role-line1 = line 1
role-line2 = lines 2–3
role-duty = duty shift
role-problem-manager = problem manager
role-admin = administrator
user-active = active
user-disabled = disabled
user-totp = active, second factor
pass-bearer = a program's token
pass-session = session
pass-sign_in = one-time link
pass-wall = screen on the wall
audit-signed_in = signed in
audit-signed_out = signed out
audit-refused = sign-in refused
audit-revoked = access revoked
audit-user_added = user added
audit-user_disabled = user disabled
audit-user_enabled = user enabled
audit-role_changed = role changed
audit-totp_set = second factor set
audit-token_added = token or link made

# The wall
nav-wall = Wall
wall-quiet = All quiet: no open problems, { $up } of { $sources } polled
wall-more = { $count ->
    [one] and { $count } more problem
   *[other] and { $count } more problems
}
wall-untaken = nobody has it

# Tickets
search-tickets = Number or words of a ticket
tickets-empty = No tickets yet.
column-ticket = Ticket
column-verdict = Where it belongs
column-say = What to say
verdict-belongs = to { $case }
verdict-perhaps = perhaps to { $case }
verdict-alone = by itself
verdict-request = a request, no incident
lacks = Lacks:
lacks-system = the system
lacks-mrf = the branch
lacks-felt = what is wrong
button-detach = Detach
say-known = The trouble ({ $system }) is known since { $since } and was passed on.
say-taken = The trouble ({ $system }) is known since { $since }, and is being worked on.
ticket-text = Text
ticket-text-none = The text was not kept.
ticket-heading = Ticket { $number }
ticket-forgotten = Closed or put to nothing: no longer followed. Last changed:
ticket-masked = Names, phones, accounts and logins are masked.
ticket-there = Open in the ticket system
say-over = The trouble is over. Please see whether all works.

# Systems
system-cases = { $count ->
    [one] { $count } open problem
   *[other] { $count } open problems
}
system-unrecorded = not recorded
system-list = All systems
system-owner = Owner
system-contact = Contact
system-queue = Queue
system-whose = Whose it is, and what depends on what
system-depends = Depends on
system-serves = Needed by
system-open = Open Problems
system-open-none = No open Problems.
system-all = All Problems of this system as a list
system-findings = What is on now
system-findings-none = Nothing is on.
system-works = Planned works
system-charts = Nearest to their limits (three hours)
system-charts-none = Nothing to show: nothing with a limit is measured here.
system-earlier = Latest closed Problems
system-earlier-none = No closed Problems yet.
gauge-says = now { $value }, limit { $limit }
work-over = Works are over: { $title } ({ $systems }), { $from } to { $until }
states-are = How it stands now.
states-were = How it stood at { $at }, as this page showed it: each change is recorded, to 5 seconds.
states-off = Vakhta did not run at { $at }: how the systems stood is not known.
states-begin = The record begins at { $at }. What was before is not known.
states-none = There is no record of how the systems stood yet.
states-range = A moment of the last day is needed: write 03:10, for example.
states-slider = A moment of the last day
states-at = At
states-show = Show
states-hour-back = −1 h
states-back = −10 min
states-on = +10 min
states-now = now
system-calm = all quiet
system-still = still firing, though no problem is open
system-blind = sources do not answer
system-unwatched = no sources
system-sources = sources: { $up } of { $all } answer
system-needs = needs:

# Review
column-case = Problem
column-doubt = Why to look at it
review-hint = What the engine is least sure of comes first. Confirmed problems and false alarms are not here.
review-empty = There is nothing to look at.
review-export = Export as CSV
doubt-cause = the cause is not clear
doubt-systems = { $count ->
    [one] { $count } system
   *[other] { $count } systems
}
doubt-merged = merged from several
csv-id = Number
csv-title = Problem
csv-severity = Severity
csv-state = State
csv-opened = Began
csv-resolved = Ended
csv-minutes = Length, min
csv-systems = Systems
csv-mrfs = Branches
csv-tickets = Tickets
csv-users = Users
csv-findings = Findings
csv-cause = Cause
csv-share = Belief
csv-owner = Who had it
csv-ticket = Ticket number

# Two problems side by side
sort-link = Sort out with another
sort-title = Two problems side by side
sort-left = Left
sort-right = Right
sort-new = a new problem
sort-new-hint = Move some lines here: a new problem will be made of them.
sort-show = Show
sort-choose = Choose a problem for the left side. On the right there may be another, or a new one.
sort-hint = Tick lines and press the button. Before anything changes you see what will happen.
sort-keys = Keys: ↑ ↓ walk, space ticks, → and ← move to the other side, Enter shows what will happen. Lines can be dragged with the mouse.
sort-moved = Lines moved: {"{count}"}. Enter shows what will happen.
sort-back = Put back. Lines moved: {"{count}"}.
sort-one-way = Lines go one way at a time. Finish what was begun, or put the lines back.
sort-none = Nothing is ticked.
sort-all = At least one line must stay.
sort-split = Split off what is ticked
sort-to-right = Move what is ticked to the right
sort-to-left = Move what is ticked to the left
sort-merge = Merge: all of { $case } goes to { $other }
sort-closed = The problem is closed: what it is made of does not change any more.
sort-over = ended { $at }
sort-more = { $count ->
    [one] { $count } more line is not shown.
   *[other] { $count } more lines are not shown.
}
signal-ticket = ticket
signal-finding = finding
signal-alert = foreign alert
review-pair = Ticked ones side by side

# What was concluded
conclusion-title = Conclusion
conclusion-link = Conclusion
conclusion-engine = The engine takes this for the cause:
conclusion-judgement = What it was
conclusion-not-closed = The problem can be confirmed or marked as a false alarm here once it is closed; while it is open, on its own page.
judgement-open = not decided
judgement-confirmed = confirmed
judgement-rejected = a false alarm
column-judgement = What it was
column-review-cause = Cause by review
column-measure = Measure
column-responsible = Who does it
column-due = Due
conclusion-done = Done
conclusion-save = Write down
conclusion-saved = Written down.
conclusion-history = What was written
conclusion-undone = taken back
conclusion-undo = Take the latest back
measure-until = by { $day }
measure-overdue = overdue
measure-done = done
refused-no-day = Give the date as a day: 2026-12-31.
refused-no-measure = A date and «done» belong to a measure: write what is to be done.
refused-not-closed = { $case } is not closed yet: confirm it or mark it as a false alarm on its own page.
review-overdue = Overdue measures
review-under-way = Measures under way
review-alarms = False alarms in 90 days, by closed problems
review-export-xlsx = Export to Excel
column-decision = Decision
column-rejected = False
column-confirmed = Confirmed
column-cases = Problems in all
nav-shift-cases = Problems
word-yes = yes
word-no = no

# Trying a threshold
trial-title = Trying a threshold
trial-hint = What would the rule have done with another threshold? It is tried on recorded samples; the rule itself does not change.
trial-unit-count = Values are numbers.
trial-unit-seconds = Values are seconds.
trial-unit-bytes = Values are bytes.
trial-unit-ratio = Values are shares: 0.9 is 90 %.
trial-unit-percent = Values are per cent.
trial-unit-timestamp = Values are seconds since 1970.
trial-now = now
trial-field-level = Threshold for «{ $severity }»
trial-field-clear = Clears at
trial-field-hold = Must last, s
trial-run = Try
trial-outcome = What it would have done
trial-span = By recorded samples from { $from } to { $until } ({ $span }).
trial-short = Less than seven days are recorded. How long samples are kept: retention.samples and limits.recorded.
trial-unrecorded = Recorded samples cannot be used (the program's log says why): only what is in memory was looked through.
trial-thinned = There are many polls: of each source every { $every }th was looked through.
trial-cut = There are many samples: in the time allowed only this part was looked through.
trial-nothing = There are no recorded samples for this rule yet.
trial-present = Now: { $count ->
    [one] { $count } finding
   *[other] { $count } findings
}, together { $span }
trial-tried = With the new threshold: { $count ->
    [one] { $count } finding
   *[other] { $count } findings
}, together { $span }
trial-difference = Gone: { $less }, new: { $more }
trial-lasts = still on
trial-same = in both
trial-less = gone
trial-more = new
trial-where = To have the rule work like this, write into vakhta.yaml, test it with vakhta check and reload (systemctl reload vakhta):
rule-adjusted = changed in vakhta.yaml
rule-off = switched off in vakhta.yaml
trial-cases = In 90 days: problems with this rule { $cases }, false among them { $rejected }, confirmed { $confirmed }.
trial-no-cases = In 90 days there were no closed problems with this rule.
trial-numbers = Write numbers. Leave a level empty to do without it.
trial-levels = A worse level must lie further out, and at least one level is needed.
trial-clear = It must clear nearer to normal than the mildest level.
trial-method-forecast = The rule tells when a value will reach its limit. There is no threshold to try.
trial-method-outlier = The rule compares a value with what is usual at this hour. There is no threshold to try.
trial-method-freshness = The rule watches how long ago the last update was. It cannot be tried here.
trial-method-no-data = The rule waits for data to stop coming. There is no threshold to try.
trial-method-set-change = The rule watches what is there: what has gone, what has come. It has no threshold.
refused-trial-busy = Another trial is under way. Try again in some seconds.
column-object = What
column-present = Now
column-tried = With the new threshold
column-difference = Difference

# Rules
nav-rules = Rules
column-rule = Rule
column-on = On now
column-last = Last
short-mrfs = { $count ->
    [one] { $count } branch
   *[other] { $count } branches
}
sign-in-directory = The directory does not answer. Sign in with a password of Vakhta's own, or with a one-time link.
refused-role = This needs the role «{ $needed }» or above; yours is «{ $own }». Ask an administrator.
outcome-title = What became of it
reload-refused = The new configuration was refused ({ $count ->
    [one] { $count } error
   *[other] { $count } errors
}), the old one goes on. What is wrong: vakhta check, and the program's log.
nav-phone = Phone
phone-title = Sign in on a phone
phone-text = Show the code and point the camera of your phone at it: the phone comes in under your name, with your rights. The code works once, for five minutes. Show it to nobody else.
phone-code = Code to sign in on a phone
phone-good = If the phone does not open the page, see that it is in the company’s network (VPN).
phone-address = The same as a link
phone-show = Show the code
sign-in-provider = Single sign-on
sign-in-or = or by name and password:
sign-in-provider-none = Single sign-on is not set up. Sign in by name and password.
sign-in-provider-down = Single sign-on does not answer. Sign in with a password of Vakhta’s own, or with a one-time link.
sign-in-provider-refused = Single sign-on did not let you through. Try again, or sign in by name and password.
sign-in-provider-again = The sign-in did not come to an end: the answer did not fit, or came too late. Begin again.
sign-in-provider-no-role = Single sign-on knows you, but none of your groups opens Vakhta. Ask an administrator.
sign-in-provider-ours = This name has a password of Vakhta’s own: sign in by name and password.
audit-phone_link = code to sign in on a phone
sources-held = Samples in memory: { $series } series of { $most }, { $bytes } of { $room }, kept for { $span }.
will-still-on = Not over yet: { $count ->
    [one] { $count } finding
   *[other] { $count } findings
}. The Problem comes back if it gets worse
case-still-on = The Problem was marked resolved, and this is not over yet: { $count ->
    [one] { $count } finding
   *[other] { $count } findings
}. If it gets worse, it comes back.
column-acts = Actions
map-name = Tickets by branch, from west to east
map-there = there it is now
held-mute = muted by hand
held-work = planned works
state-rejected = false alarm
sign-in-used = The link is not good: it was used already, or has expired. Sign in by name and password, or ask for a new one.
line-resolved-held = Troubles nobody any more: what is not over is muted or belongs to planned works
note-resolved-held = What is not over is muted by hand or belongs to planned works.
