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
why-time = when it began
why-two-causes = both faults stand on their own
why-impact = what is broken, against what users feel
why-text = how alike the descriptions are
why-mrf = branch: the same or another

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
line-tickets = { $count ->
    [one] { $count } ticket joined
   *[other] { $count } tickets joined
}
line-cause = Likely cause: { $system }
line-severity = Severity raised: { $severity }
line-merged = Problem { $problem } merged into this one
line-merged-into = Merged into Problem { $problem }
line-reopened = Came back: { $what }
line-acknowledged = Acknowledged: { $who }
line-acknowledged-why = Acknowledged: { $who }. { $reason }
line-resolved = Resolved: all findings are over
line-resolved-by = Marked as resolved: { $who }
line-resolved-why = Marked as resolved: { $who }. { $reason }
line-withdrawn = Counts no more, it is a request: { $what }
line-brought-back = Counts again, it is no request: { $what }
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
note-joined-subject = This ticket belongs to Problem { $problem }
note-joined-body = It has its cause in common with other tickets and monitoring findings:
    { $title }

    It need not be worked on by itself. Tell the user that the trouble is known and being mended.
    Progress: { $link }
note-left-subject = This ticket no longer belongs to Problem { $problem }
note-left-body = It is a request, not an incident: work on it as usual.
note-changed-subject = Problem has changed
note-changed-severity = severity: { $before } → { $after }
note-changed-cause = likely cause: { $before } → { $after }
note-changed-systems = systems concerned: { $before } → { $after }
note-changed-tickets = tickets: { $before } → { $after }
note-changed = What has changed: { $what }.
note-resolved-subject = Problem resolved
note-resolved-by = Marked as resolved by hand: { $who }.
note-resolved-why = What was done: { $reason }
note-resolved-alone = All monitoring findings are over.
note-lasted = The Problem lasted { $span }.
note-reopened-subject = Problem came back
note-closed-subject = Problem closed
note-merged-subject = Merged into Problem { $problem }
note-merged-body = The cause turned out to be the same. Work goes on in the ticket of Problem { $problem }.

# Pages
product = Vakhta
offline = The server cannot be reached. The screen shows the last data received.
nav-problems = Problems
nav-sources = Sources
list-title = Open Problems
list-title-closed = Closed Problems
list-show-closed = Show closed
list-show-open = Show open
list-empty = No open Problems.
list-empty-closed = No closed Problems yet.
list-cause = cause:
list-silent = Sources that do not answer:
list-more = The first { $count } are shown. The API has the rest.
told-ticket-open = ticket { $ref } opened { $ago }
told-ticket-closed = ticket { $ref } closed { $ago }
told-ticket-pending = ticket not open yet
told-ticket-rejected = ticket was refused
told-line-alerted = { $who } alerted { $ago }
told-alert-firing = alert sent { $ago }
told-alert-done = alert withdrawn { $ago }
told-alert-pending = alert not sent yet
told-alert-rejected = alert was refused
told-nobody-unset = There is nobody to tell: the settings have neither policies nor channels. Add policies and otrs or alertmanager to vakhta.yaml.
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
head-told = Who was told
head-causes = Likely causes
head-graph = Place in the dependency graph
head-findings = Monitoring findings
head-tickets = Users' tickets
head-timeline = Timeline
why-here = Why it is here
fact-opened = Began
fact-lasts = Lasts
fact-systems = Systems
fact-counts = Signs
fact-mrfs = Branches
fact-acknowledged = Acknowledged
fact-resolved = Resolved
fact-merged = Merged into
more-findings = { $count ->
    [one] { $count } more finding
   *[other] { $count } more findings
}
finding-runbook = Runbook
finding-evidence = Values
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
sign-in-text = Open the one-time link that the program printed when it started. Is it used up or lost? Get a new one on the server:

# Explanations
explain-members = What was put here, and why
explain-first = came first: the Problem began with it
explain-sum = { $sum } in all (above zero: the same cause)
explain-in = Belongs to Problem { $problem }
explain-alone = Belongs to no Problem: so far it is too weak to open one of its own.
explain-nearest = Nearest is Problem { $problem }, but the sum is { $sum } (it takes more than zero to join):
silence-alone = Belongs to no Problem: it has too little in common with the open ones, and is too weak to open one of its own.
silence-request = This is a request (service, change, enhancement or information), not an incident: requests never join Problems.
silence-muted = The Problem with this finding was closed while it was still on. A new one opens if it gets worse, or if it ends and comes back.
