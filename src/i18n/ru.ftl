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
count-problems = { $count ->
    [one] { $count } проблема
    [few] { $count } проблемы
   *[many] { $count } проблем
}

# Уровни и состояния
severity-info = к сведению
severity-warning = внимание
severity-high = высокая
severity-critical = критичная
state-open = открыта
state-acknowledged = в работе
state-resolved = устранена
state-closed = закрыта
delivery-pending = отправляется
delivery-delivered = отправлено
delivery-resolved = завершено
delivery-rejected = не принято
channel-otrs = тикет №
channel-alertmanager = Alertmanager

# Заголовок проблемы
title-finding = { $system } · { $what }
title-tickets = { $system }: массовые обращения
title-tickets-slow = { $system }: массовые обращения, работает медленно
title-tickets-errors = { $system }: массовые обращения, ошибки в работе
title-tickets-down = { $system }: массовые обращения, не работает
title-tickets-stale = { $system }: массовые обращения, нет данных или данные устарели

# Почему инцидент отнесён к этой проблеме
why-prior = заранее: у случайных инцидентов причины разные
why-same-system = та же система: { $system }
why-needs = { $own } зависит от { $other } ({ $hops ->
    [one] напрямую
   *[other] через { $hops } связи
})
why-serves = от { $own } зависит { $other } ({ $hops ->
    [one] напрямую
   *[other] через { $hops } связи
})
why-sibling = { $own } и { $other } зависят от одной системы
why-no-system = система в обращении не названа
why-belief = не наверняка речь о { $system }
why-time = близость по времени
why-two-causes = обе неисправности самостоятельные
why-impact = совпадение признаков: что сломано и что видят пользователи
why-text = сходство описаний
why-mrf = МРФ

# Почему это причина
cause-shows-nothing = { $system }: собственных признаков неисправности нет
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
cause-later = { $seconds ->
    [one] проявилась на { $seconds } секунду позже первых признаков
    [few] проявилась на { $seconds } секунды позже первых признаков
   *[many] проявилась на { $seconds } секунд позже первых признаков
}
cause-explains = объясняет неполадки в { $system }
cause-does-not-explain = не объясняет неполадки в { $system }
cause-broken-below = зависит от { $system }, где тоже неисправность

# История проблемы
line-opened = Проблема открыта: { $what }
line-finding = Срабатывание: { $what }
line-finding-over = Прошло: { $what }
line-tickets = { $count ->
    [one] Присоединено { $count } обращение
    [few] Присоединены { $count } обращения
   *[many] Присоединено { $count } обращений
}
line-cause = Вероятная причина: { $system }
line-severity = Уровень повышен: { $severity }
line-merged = Присоединена проблема { $problem }
line-merged-into = Объединена с проблемой { $problem }
line-reopened = Вернулась: { $what }
line-acknowledged = Взята в работу: { $who }
line-resolved = Устранена: все срабатывания прошли
line-resolved-by = Отмечена устранённой: { $who }. { $reason }
line-closed = Закрыта

# Тикет и заметки
ticket-title = Вахта: { $title }
ticket-since = Началось: { $time }
ticket-severity = Уровень: { $severity }
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
note-joined-subject = Обращение отнесено к проблеме { $problem }
note-joined-body = Похожие обращения и данные мониторинга указывают на общую причину.
    { $title }
    Ход работ: { $link }
note-changed-subject = Проблема изменилась
note-resolved-subject = Проблема устранена
note-resolved-by = Устранение подтвердил дежурный: { $who }.
note-resolved-alone = Все срабатывания мониторинга прошли.
note-lasted = { $minutes ->
    [one] Длилась { $minutes } минуту.
    [few] Длилась { $minutes } минуты.
   *[many] Длилась { $minutes } минут.
}
note-reopened-subject = Проблема вернулась
note-closed-subject = Проблема закрыта
note-merged-subject = Объединено с проблемой { $problem }
note-merged-body = Оказалось, что причина общая. Работа продолжается в тикете проблемы { $problem }.

# Страницы
product = Вахта
offline = Нет связи с сервером. На экране последние полученные данные.
nav-problems = Проблемы
nav-sources = Источники
list-title = Открытые проблемы
list-title-closed = Закрытые проблемы
list-show-closed = Показать закрытые
list-show-open = Показать открытые
list-empty = Открытых проблем нет. Наблюдение идёт.
list-empty-closed = Закрытых проблем ещё нет.
list-cause = причина:
list-silent = Не отвечают источники:
told-ticket-open = тикет № { $ref } открыт { $ago }
told-ticket-done = тикет № { $ref } завершён
told-ticket-pending = тикет открывается
told-ticket-rejected = тикет не принят
duty-shift = Дежурная смена
told-alert-firing = { $who } оповещена { $ago }
told-alert-done = оповещение снято { $ago }
told-alert-pending = оповещение отправляется
told-alert-rejected = оповещение не принято
told-nobody = Никого не оповещали: уровень ниже порога или проблема прошла раньше, чем истекла выдержка.
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
source-samples = Получено
source-up = отвечает
source-offered = найден, не подключён
source-down = не отвечает
sign-in-title = Вход
sign-in-text = Откройте одноразовую ссылку, которую программа показала при запуске. Она уже использована или потеряна? Получите новую на сервере командой:

# Объяснения
explain-members = Что сюда отнесено и почему
explain-first = первым: с этого проблема началась
explain-sum = в сумме { $sum } (больше нуля: причина общая)
explain-in = Относится к проблеме { $problem }
explain-alone = Ни к одной проблеме не отнесено: сигнал пока слаб, чтобы открыть свою.
explain-nearest = Ближе всего — проблема { $problem }, но в сумме { $sum } (чтобы войти, нужно больше нуля):
silence-alone = Ни к одной проблеме не отнесено: с открытыми проблемами общего слишком мало, а чтобы открыть свою, сигнал слаб.
silence-request = Это заявка на обслуживание, а не сбой: заявки в проблемы не входят.
silence-muted = Проблему с этим срабатыванием закрыли, пока оно ещё шло. Новая откроется, если станет хуже или если срабатывание прекратится и вернётся.
