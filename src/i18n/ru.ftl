# Все тексты для людей. Каждый ключ есть и в en.ftl, с теми же переменными.

# Счёт
count-tickets = { $count ->
    [one] { $count } обращение
    [few] { $count } обращения
   *[many] { $count } обращений
}
count-users = { $count ->
    [one] { $count } пользователь
    [few] { $count } пользователя
   *[many] { $count } пользователей
}
count-findings = { $count ->
    [one] { $count } срабатывание
    [few] { $count } срабатывания
   *[many] { $count } срабатываний
}
count-systems = { $count ->
    [one] { $count } система
    [few] { $count } системы
   *[many] { $count } систем
}

# Уровни и состояния
severity-info = справочная
severity-warning = средняя
severity-high = высокая
severity-critical = критическая
severity-full-info = к сведению
severity-full-warning = средняя важность
severity-full-high = высокая важность
severity-full-critical = критическая важность
state-open = открыта
state-acknowledged = в работе
state-resolved = устранена
state-closed = закрыта

# Заголовок проблемы
title-finding = { $system } · { $what }
title-tickets = { $system }: массовые обращения
title-tickets-slow = { $system }: массовые обращения, работает медленно
title-tickets-errors = { $system }: массовые обращения, ошибки в работе
title-tickets-down = { $system }: массовые обращения, не работает
title-tickets-stale = { $system }: массовые обращения, нет данных или данные устарели

# Почему инцидент отнесён к этой проблеме
why-prior = исходно: у двух случайных инцидентов причины обычно разные
why-same-system = та же система: «{ $system }»
why-needs = «{ $own }» зависит от системы «{ $other }» { $hops ->
    [1] напрямую
   *[other] через { $hops } звена
}
why-serves = система «{ $other }» зависит от «{ $own }» { $hops ->
    [1] напрямую
   *[other] через { $hops } звена
}
why-sibling = системы «{ $own }» и «{ $other }» зависят от одной и той же
why-no-system = система в обращении не названа
why-belief = обращение, возможно, не о системе «{ $system }»
why-time = время начала
why-two-causes = обе неисправности самостоятельные
why-impact = что сломано и что видят пользователи
why-text = сходство описаний
why-mrf = МРФ: совпадение или различие

# Почему это причина
cause-shows-nothing = у системы «{ $system }» своих признаков неисправности нет
cause-own-tickets = { $count ->
    [one] на неё указывает { $count } обращение
    [few] на неё указывают { $count } обращения
   *[many] на неё указывают { $count } обращений
}
cause-own-findings = { $count ->
    [one] на ней самой { $count } срабатывание
    [few] на ней самой { $count } срабатывания
   *[many] на ней самой { $count } срабатываний
}
cause-rare = такой признак встречается редко
cause-first = сломалась первой
cause-later = проявилась позже первых признаков на { $span }
cause-explains = объясняет неполадки в системе «{ $system }»
cause-does-not-explain = не объясняет неполадки в системе «{ $system }»
cause-broken-below = зависит от системы «{ $system }», которая тоже неисправна

# История проблемы
line-opened = Проблема открыта: { $what }
line-finding = Срабатывание: { $what }
line-finding-over = Закончилось: { $what }
line-tickets = { $count ->
    [one] Присоединено { $count } обращение
    [few] Присоединены { $count } обращения
   *[many] Присоединено { $count } обращений
}
line-cause = Вероятная причина: { $system }
line-severity = Важность повышена: { $severity }

line-reopened = Вернулась: { $what }

line-closed = Закрыта
line-ticket-open = Открыт тикет № { $ref }
line-ticket-closed = Закрыт тикет № { $ref }
line-ticket-failed = Тикет: не получилось. { $error }
line-alert = Отправлено оповещение
line-alert-queue = Отправлено оповещение для { $queue }
line-alert-over = Оповещение снято
line-alert-failed = Оповещение: не получилось. { $error }

# Тикет и заметки
ticket-title = Вахта: { $title }
ticket-since = Началось: { $time }
ticket-severity = Важность: { $severity }
ticket-systems = Затронуты системы: { $systems }
ticket-counts = Обращений: { $tickets }, пользователей: { $users }, срабатываний мониторинга: { $findings }
ticket-mrfs = МРФ: { $mrfs }
ticket-cause = Вероятная причина: { $system }, вероятность { $probability }
ticket-findings = Что обнаружено:
ticket-more = { $count ->
    [one] и ещё { $count } срабатывание
    [few] и ещё { $count } срабатывания
   *[many] и ещё { $count } срабатываний
}
ticket-advice = Что делать: { $advice }
ticket-link = Подробнее и действия: { $link }
ticket-runbook = Инструкция: { $link }

note-changed-subject = Проблема изменилась
note-changed-severity = важность: { $before } → { $after }
note-changed-cause = вероятная причина: { $before } → { $after }
note-changed-systems = затронуто систем: { $before } → { $after }
note-changed-tickets = обращений: { $before } → { $after }
note-changed = Изменилось: { $what }.
note-resolved-subject = Проблема устранена
note-resolved-by = Устранённой проблему отметили вручную: { $who }.
note-resolved-why = Что сделано: { $reason }
note-resolved-alone = Все срабатывания мониторинга закончились.
note-lasted = Проблема длилась { $span }.
note-reopened-subject = Проблема вернулась
note-closed-subject = Проблема закрыта

# Страницы
product = Вахта
offline = Нет связи с сервером. На экране последние полученные данные.
nav-problems = Проблемы
nav-sources = Источники
list-title = Открытые проблемы
list-title-closed = Закрытые проблемы
list-show-closed = Показать закрытые
list-show-open = Показать открытые
list-empty = Открытых проблем нет.
list-empty-closed = Закрытых проблем ещё нет.
list-cause = причина:
list-silent = Не отвечают источники:
list-more = Показаны первые { $count }. Остальные доступны через API.
told-ticket-open = тикет № { $ref } открыт { $ago }
told-ticket-closed = тикет № { $ref } закрыт { $ago }
told-ticket-pending = тикет ещё не открыт
told-ticket-rejected = тикет не принят

told-alert-done = оповещение снято { $ago }

told-alert-rejected = оповещение не принято
told-nobody-unset = Оповещать некого: в настройках нет ни политик, ни каналов. Добавьте policies и otrs или alertmanager в vakhta.yaml.
told-nobody-yet = Пока никого не оповещали: важность ниже порога политик или ещё идёт выдержка.
told-nobody = Никого не оповещали: важность была ниже порога политик или проблема прошла раньше, чем истекла выдержка.
ago = { $span } назад
span-seconds = { $count } с
span-minutes = { $count } мин
span-hours = { $count } ч
span-days = { $count } д
act-acknowledge = Взять в работу
act-resolve = Отметить устранённой
act-reason = Что сделано
head-facts = Что известно
head-told = Кто оповещён
head-causes = Вероятные причины
head-graph = Место в схеме зависимостей
head-findings = Срабатывания мониторинга
head-tickets = Обращения пользователей
head-timeline = Ход событий
why-here = Почему отнесено сюда
fact-opened = Началось
fact-lasts = Длится
fact-systems = Системы
fact-counts = Признаки
fact-mrfs = МРФ
fact-acknowledged = Взята в работу
fact-resolved = Устранена
fact-merged = Объединена с
more-findings = { $count ->
    [one] ещё { $count } срабатывание
    [few] ещё { $count } срабатывания
   *[many] ещё { $count } срабатываний
}
finding-runbook = Инструкция
finding-evidence = Значения
evidence-value = сейчас
evidence-limit = порог
evidence-time_left = осталось
evidence-baseline = обычно
evidence-age = возраст
evidence-increase = прибавилось
evidence-score = необычность
more-tickets = { $count ->
    [one] и ещё { $count } обращение
    [few] и ещё { $count } обращения
   *[many] и ещё { $count } обращений
}
sources-title = Источники данных
source-name = Имя
source-kind = Вид
source-system = Система
source-state = Состояние
source-polled = Опрошен
source-seconds = Опрос, с
source-samples = Измерений
source-up = отвечает
source-offered = найден, не подключён
source-down = не отвечает
runbooks-title = Инструкции
page-missing-title = Здесь ничего нет
page-missing = Такой страницы или проблемы нет. Возможно, в адресе опечатка.
page-forbidden-title = Нет прав
page-forbidden = Для этого действия нужна роль «дежурная смена» (duty) или выше. Попросите администратора выдать новую ссылку для входа.
page-foreign = Запрос пришёл не с этой страницы. Если перед Вахтой стоит прокси, он должен передавать имя хоста без изменений.
page-conflict-title = Не получилось
page-conflict = Проблема уже закрыта или объединена с другой.
page-failed-title = Не получилось
page-failed = Вахта не смогла выполнить запрос. Повторите через минуту; если не поможет, подробности есть в журнале программы.
page-back = К списку проблем
sign-in-title = Вход
sign-in-text = Откройте одноразовую ссылку, которую программа показала при запуске. Она уже использована или потеряна? Получите новую на сервере командой:

# Объяснения
explain-members = Что сюда отнесено и почему
explain-first = первым: с этого проблема началась
explain-sum = в сумме { $sum } (больше нуля: причина общая)

# Кластеры и кейсы
count-returns = { $count ->
    [one] возвращалась { $count } раз
    [few] возвращалась { $count } раза
   *[many] возвращалась { $count } раз
}
state-merged = объединена
title-finding-over = { $system } · было: { $what }
title-tickets-nowhere = Массовые обращения: система не названа
why-surge = столько обращений сразу по системе «{ $system }» случайностью не бывает
why-act = так решил человек (действие № { $act })
cause-release = незадолго до начала установлен релиз { $version }
cause-set-by-person = причину указал человек
also-possible = Возможна и другая причина.
line-opened-mass = Массовый инцидент: { $count ->
    [one] сообщил { $count } пользователь
    [few] сообщили { $count } пользователя
   *[many] сообщили { $count } пользователей
}
line-severity-lower = Важность снижена: { $severity }
line-merged = Присоединена { $case }
line-merged-into = Объединена с { $case }, работа продолжается там
line-unstable = То появляется, то проходит. Отдельные возвраты больше не сообщаются
line-resolved = Устранена: мониторинг спокоен, новых обращений нет
line-resolved-by = Отмечена устранённой: { $who }{ $reason }
line-rejected = Отклонена как ложная: { $who }{ $reason }
line-reopened-by = Открыта снова: { $who }{ $reason }
line-taken = Взята в работу: { $who }{ $reason }
line-handed-over = { $who } передаёт в работу: { $to }{ $reason }
line-comment = { $who }: { $text }
line-confirmed = Подтверждена: { $who }{ $reason }
line-merged-by = { $who } объединяет с { $case }{ $reason }
line-split = { $who } выделяет в { $case }: { $count ->
    [one] { $count } сигнал
    [few] { $count } сигнала
   *[many] { $count } сигналов
}{ $reason }
line-split-from = Выделена из { $case }: { $who }{ $reason }
line-moved-to = { $who } переносит в { $case }: { $count ->
    [one] { $count } сигнал
    [few] { $count } сигнала
   *[many] { $count } сигналов
}{ $reason }
line-moved-here = { $who } переносит сюда из { $case }: { $count ->
    [one] { $count } сигнал
    [few] { $count } сигнала
   *[many] { $count } сигналов
}{ $reason }
line-taken-in = { $who } относит сюда: { $count ->
    [one] { $count } сигнал
    [few] { $count } сигнала
   *[many] { $count } сигналов
}{ $reason }
line-moved-out = { $who } исключает: { $count ->
    [one] { $count } сигнал
    [few] { $count } сигнала
   *[many] { $count } сигналов
}{ $reason }
line-cause-set = Причина: { $system }. Указал человек: { $who }{ $reason }
line-cause-free = Причину снова определяет программа: { $who }{ $reason }
line-known-error = Известная ошибка { $reference }: { $who }{ $reason }
line-snoozed = Оповещения приостановлены до { $until }: { $who }{ $reason }
line-muted = { $who } заглушает до { $until }: { $count ->
    [one] { $count } сигнал
    [few] { $count } сигнала
   *[many] { $count } сигналов
}{ $reason }
line-undone = Отменено действие «{ $what }»: { $who }{ $reason }
line-undone-case = Выделение отменено, всё возвращено в { $case }
line-withdrawn = Больше не считается, это не инцидент: { $what }
act-take = взять в работу
act-hand_over = передать
act-comment = комментарий
act-reopen = открыть снова
act-confirm = подтвердить
act-reject = отклонить
act-merge = объединить
act-split = выделить
act-move = перенести
act-set_cause = указать причину
act-known_error = известная ошибка
act-snooze = приостановить оповещения
act-mute = заглушить
act-undo = Отменить
act-take_in = отнести сюда
button-take-in = Отнести сюда
silence-taken = взял в работу: { $who }
silence-snoozed = оповещения приостановлены
silence-lifted = больше не нужно

# Тикеты: присоединение, объединение, конец
note-joined-subject = Обращение относится к { $case }
note-joined-body = Причина общая с другими обращениями и срабатываниями мониторинга:
    { $title }

    Отдельно это обращение разбирать не нужно. Сообщите пользователю, что о неполадке известно и её устраняют.
    Ход работ: { $link }
note-left-subject = Обращение больше не относится к { $case }
note-left-body = Это запрос, а не инцидент: выполните его как обычно.
note-left-moved-body = У обращения другая причина. Разберите его отдельно, если его не присоединят к другой проблеме.
note-left-rejected-body = Тревога оказалась ложной: разберите обращение отдельно.
note-over-subject = Неполадка ({ $case }) прошла
note-over-body = Причина этого обращения устранена:
    { $title }

    Уточните у пользователя, что всё работает, и закройте обращение. Подробности: { $link }
note-changed-findings = срабатываний мониторинга: { $before } → { $after }
note-unstable-subject = Проблема нестабильна
note-unstable-body = То появляется, то проходит. Об отдельных возвратах больше не сообщаем, пока это не прекратится.
note-merged-subject = Объединено с { $case }
note-merged-body = Причина общая. Работа продолжается в тикете { $case }; этот тикет закроется вместе с ним.
note-unmerged-subject = Объединение отменено
note-explained-subject = Причина массового инцидента: { $case }
note-explained-body = Причину видно по мониторингу. Работа над ней идёт в тикете { $case }; обращения присоединены к нему.
note-rejected-subject = Тревога ложная, тикет закрыт

# Что сделает действие
will-stay = { $case }: { $state }, срабатываний { $findings }, обращений { $tickets }
will-be = { $case } будет {"«"}{ $state }{"»"}: срабатываний { $findings }, обращений { $tickets }
will-open-ticket = { $case }: будет открыт тикет
will-move-ticket = { $case }: тикет перейдёт в другую очередь
will-note-ticket = { $case }: заметок в тикете: { $count }
will-close-ticket = { $case }: тикет будет закрыт
will-join-tickets = { $case }: присоединится обращений: { $count }
will-leave-tickets = { $case }: отсоединится обращений: { $count }
will-tell-tickets = { $case }: сообщение уйдёт в обращения: { $count }
will-alert = { $case }: оповещение в Alertmanager
will-end-alert = { $case }: оповещение снимется
will-silence = { $case }: изменится пауза оповещений

# Страницы: новое
told-line-alerted = передано в Alertmanager для { $who } { $ago }
told-alert-firing = передано в Alertmanager { $ago }
told-alert-pending = в Alertmanager ещё не передано
told-alert-expired = оповещать не понадобилось
told-ticket-expired = тикет не понадобился
fact-peak = В худший момент
fact-unstable = Нестабильна
fact-known-error = Известная ошибка
fact-explains = Массовый инцидент
fact-explained-by = Причина
fact-absorbed = Присоединена
fact-split-off = Выделена
fact-split-from = Выделена из
head-candidates = Возможно, сюда же: система в обращении не названа
explain-alone = Ни к одной проблеме не отнесено: сигнал пока слаб, чтобы открыть свою.
explain-in = Относится к { $case }
explain-candidate = Похоже на { $case }, в сумме { $sum }:
explain-nearest = Ближе всего { $case }, в сумме { $sum } (чтобы войти, нужно больше нуля):
unassigned-alone = Ни к одной проблеме не отнесено: с открытыми проблемами общего слишком мало, а для своей сигнал слаб.
unassigned-candidate = Система в обращении не названа, поэтому само оно ни к чему не присоединяется. Сравните его с проблемой ниже: возможно, оно о ней.
unassigned-request = Это запрос (на обслуживание, изменение, доработку или информацию), а не инцидент: запросы в проблемы не входят.
unassigned-void = Обращение объединено с другим или удалено: само по себе оно ничего не говорит.
unassigned-excused = Проблему с этим срабатыванием закрыли, пока оно ещё шло. Новая откроется, если станет хуже или если срабатывание прекратится и вернётся.
held-by-work = Не тревожит: идут работы { $work } «{ $title }» до { $until }. Если к концу не пройдёт, сообщим.
held-by-mute = Не тревожит: заглушено человеком ({ $mute }).
constraint-pinned = Место указал человек: { $who } (действие № { $act }).
constraint-barred = Человек запретил относить сюда: { $who } (действие № { $act }).
