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
why-prior = у двух наугад взятых инцидентов причина редко общая
why-same-system = та же система: «{ $system }»
why-needs = «{ $own }» зависит от «{ $other }» { $hops ->
    [1] напрямую
    [2] через одну промежуточную систему
   *[other] через несколько промежуточных систем
}
why-serves = «{ $other }» зависит от «{ $own }» { $hops ->
    [1] напрямую
    [2] через одну промежуточную систему
   *[other] через несколько промежуточных систем
}
why-sibling = системы «{ $own }» и «{ $other }» зависят от одной и той же
why-no-system = система в обращении не названа
why-belief = система «{ $system }» определена по тексту неуверенно
why-time = начались почти одновременно
why-time-against = начались не одновременно
why-two-causes = обе неисправности самостоятельные
why-impact = проявления совпадают
why-impact-against = проявления разные
why-text = описания похожи
why-text-against = описания не похожи
why-mrf = тот же МРФ
why-mrf-against = другой МРФ

# Почему это причина
cause-shows-nothing = у системы «{ $system }» своих признаков неисправности нет
cause-own-tickets = { $count ->
    [one] на неё указывает { $count } обращение
    [few] на неё указывают { $count } обращения
   *[many] на неё указывают { $count } обращений
}
cause-own-findings = { $count ->
    [one] мониторинг самой системы: { $count } срабатывание
    [few] мониторинг самой системы: { $count } срабатывания
   *[many] мониторинг самой системы: { $count } срабатываний
}
cause-rare = такой признак встречается редко
cause-first = признаки появились раньше, чем у других
cause-later = проявилась позже первых признаков на { $span }
cause-explains = объясняет неполадки в системе «{ $system }»
cause-does-not-explain = не объясняет неполадки в системе «{ $system }»
cause-broken-below = зависит от системы «{ $system }», которая тоже неисправна

# История проблемы
line-opened = Проблема открыта: { $what }
line-finding = Срабатывание: { $what }
line-finding-over = Закончилось: { $what }
line-tickets = Обращений стало: { $count }
line-findings = Срабатываний стало: { $count }
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
note-resolved-alone = Мониторинг больше не видит неполадки, новых обращений нет.
note-lasted = Проблема длилась { $span }.
note-reopened-subject = Проблема вернулась
note-closed-subject = Проблема закрыта

# Страницы
product = Вахта
nav-sources = Источники
list-empty-closed = Закрытых проблем ещё нет.
list-silent = Нет данных:
told-ticket-open = тикет № { $ref } открыт { $ago }
told-ticket-closed = тикет № { $ref } закрыт { $ago }
told-ticket-pending = тикет ещё не открыт
told-ticket-rejected = тикет не принят

told-alert-done = оповещение снято { $ago }

told-alert-rejected = оповещение не принято
told-nobody-unset = Оповещать некуда: не настроены ни ОТРС, ни Alertmanager.
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
head-causes = Вероятные причины
head-cause = Причина
head-graph = Что от чего зависит
head-findings = Срабатывания мониторинга
head-tickets = Обращения пользователей
head-timeline = Ход событий
why-here = Почему отнесено сюда
fact-opened = Началось
fact-systems = Системы
fact-acknowledged = Взята в работу
fact-resolved = Устранена
fact-merged = Объединена с
more-findings = { $count ->
    [one] ещё { $count } срабатывание
    [few] ещё { $count } срабатывания
   *[many] ещё { $count } срабатываний
}
finding-runbook = Инструкция
finding-source = Открыть там, откуда пришло
evidence-value = сейчас
evidence-limit = порог
evidence-time_left = осталось
evidence-baseline = обычно
evidence-age = возраст
evidence-increase = прибавилось
evidence-score = отклонение от обычного
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
source-polled = Последний опрос
source-seconds = Длительность опроса, с
source-samples = Рядов
source-up = отвечает
source-offered = найден, не подключён
source-down = не отвечает
runbooks-title = Инструкции
runbooks-hint = Найдите то, что видите. Искать по странице: Ctrl+F.
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
sign-in-text = Ссылка уже использована или вы ещё не входили? Попросите новую у администратора. Он выдаёт её на сервере командой:

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
title-finding-over = { $system } · прошло: { $what }
title-tickets-nowhere = Массовые обращения: система не названа
why-surge = столько обращений сразу по системе «{ $system }» случайностью не бывает
why-fault = вместе с остальными лучше всего объясняется сбоем системы «{ $system }»
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
line-resolved-by = { $who } отмечает проблему устранённой{ $reason }
line-rejected = { $who }: ложная тревога{ $reason }
line-reopened-by = Открыта снова: { $who }{ $reason }
line-taken = { $who } берёт в работу{ $reason }
line-handed-over = { $who } передаёт в работу: { $to }{ $reason }
line-comment = { $who }: { $text }
line-confirmed = Подтверждена: { $who }{ $reason }
line-merged-by = { $who } объединяет с { $case }{ $reason }
line-split = { $who } выделяет в { $case }: { $count ->
    [one] { $count } сигнал
    [few] { $count } сигнала
   *[many] { $count } сигналов
}{ $reason }
line-parted = Перешло в { $case }: { $count ->
    [one] { $count } срабатывание
    [few] { $count } срабатывания
   *[many] { $count } срабатываний
}, причина, скорее всего, там
line-parted-alone = Больше не относится сюда: { $count ->
    [one] { $count } срабатывание
    [few] { $count } срабатывания
   *[many] { $count } срабатываний
}, причина, скорее всего, другая
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
act-reject = отметить как ложную тревогу
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
note-joined-body = Похоже, причина общая с другими обращениями и срабатываниями мониторинга:
    { $title }

    Сообщите пользователю, что о неполадке известно и её устраняют.
    Если обращение о другом, открепите его на странице проблемы или скажите дежурной смене.
    Ход работ: { $link }
note-left-subject = Обращение больше не относится к { $case }
note-left-body = Это запрос, а не инцидент: выполните его как обычно.
note-left-moved-body = У обращения другая причина. Разберите его отдельно, если его не присоединят к другой проблеме.
note-left-rejected-body = Тревога оказалась ложной: разберите обращение отдельно.
note-over-subject = Неполадка ({ $case }) прошла
note-over-body = Причина этого обращения устранена:
    { $title }

    Уточните у пользователя, что всё работает, и закройте обращение. Подробности: { $link }
answer-over-subject = Неполадка устранена ({ $case })
answer-over-body =
    Здравствуйте!

    Неполадка, о которой вы сообщили, устранена. Проверьте, пожалуйста, всё ли работает.
    Если нет, ответьте на это сообщение: обращением займётся специалист.
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
will-be = { $case } → { $state }: срабатываний { $findings }, обращений { $tickets }
will-open-ticket = { $case }: будет открыт тикет
will-move-ticket = { $case }: тикет перейдёт в другую очередь
will-note-ticket = { $case }: заметок в тикете: { $count }
will-close-ticket = { $case }: тикет будет закрыт
will-join-tickets = { $case }: присоединится обращений: { $count }
will-leave-tickets = { $case }: отсоединится обращений: { $count }
will-tell-tickets = { $case }: сообщение уйдёт в обращения: { $count }
will-answer-tickets = { $case }: пользователи получат ответ в обращениях: { $count }
will-close-tickets = { $case }: обращения получат ответ и закроются (взятые в работу останутся открытыми): { $count }
will-alert = { $case }: оповещение в Alertmanager
will-end-alert = { $case }: оповещение снимется
will-silence = { $case }: изменится пауза оповещений

# Страницы: новое
told-line-alerted = передано в Alertmanager для { $who } { $ago }
told-alert-firing = передано в Alertmanager { $ago }
told-alert-pending = в Alertmanager ещё не передано
told-alert-expired = оповещать не понадобилось
told-ticket-expired = тикет не понадобился
short-ticket-open = № { $ref }, { $ago }
short-ticket-closed = № { $ref } закрыт { $ago }
short-line-alerted = { $who }: передано { $ago }
short-alert-firing = оповещение передано { $ago }
fact-peak = В худший момент
fact-before = До возвращения
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

# Рамка страницы
skip = К содержимому
nav-label = Разделы
nav-shift = Смена
nav-tickets = Обращения
nav-review = Разбор
nav-systems = Системы
nav-runbooks = Инструкции
nav-access = Доступ
status-good = {"{clock}"} · опрошено {"{up}"} из {"{sources}"}
status-stale = Вахта не отвечает {"{age}"} с, данные на {"{clock}"}. Не полагайтесь на экран.
status-dead = Ядро Вахты не отвечает: новых проблем на экране не будет. Не полагайтесь на экран.
bell = Звук
bell-title = Звук и уведомление о новой критической проблеме
sign-out = Выйти
keys-title = Клавиши
keys-close = Закрыть
key-j = следующая строка
key-k = предыдущая строка
key-x = отметить строку
key-a = взять в работу
key-r = отметить устранённой
key-s = приостановить оповещения
key-m = объединить
key-c = комментарий
key-u = отменить последнее действие
key-search = поиск
key-help = эта подсказка

# Смена
shift-title = Смена
shift-title-closed = Закрытые
search = Поиск
search-hint = PRB-…, номер тикета или обращения, слова
filters = Фильтры
views = Свои списки
view-name = Название списка
view-save = Сохранить список
view-drop = убрать
chip-nobody = никем не взятые
chip-me = мои
chip-critical = критические
chip-high = высокие и выше
chip-hours = за 8 ч
chip-closed = закрытые
column-pick = Отметить
column-age = Длится
column-severity = Важность
column-felt = Что происходит
column-size = Кого касается
column-cause = Причина
column-owner = Кто занят
column-told = Кому сообщили
level-critical = КРИТ
level-high = ВЫС
level-warning = СРЕД
level-info = инфо
level-still = ещё идёт
severity-blind = нет данных
band-blind = Мониторинг не получает данных
short-users = { $count } польз.
row-felt = { $system } { $felt } — { $title }
felt-slow = работает медленно
felt-errors = выдаёт ошибки
felt-down = не работает
felt-stale = показывает старые данные
felt-unfelt = без последствий
row-cause = { $system } { $share }
row-cause-unclear = не ясна: { $system } { $share }
state-merged-into = объединена с { $case }
state-taken-by = в работе: { $who }
button-take = Взять
bulk = Отмеченные:
bulk-snooze = Приостановить оповещения на час
bulk-merge = Объединить
list-quiet = Открытых проблем нет. Новых не было { $span }, опрошено { $up } из { $sources }.
list-quiet-ever = Открытых проблем нет и ещё не было. Опрошено { $up } из { $sources }.
list-empty-filtered = Под этот фильтр ничего не подходит.
list-next = Показать ещё
work-on = Идут работы: { $title } ({ $systems }), до { $until }
work-next = Скоро работы: { $title } ({ $systems }), с { $from } до { $until }
done = { $case }: { $verb }.
done-take = взята в работу
done-hand_over = передана
done-comment = комментарий записан
done-resolve = отмечена устранённой
done-reopen = открыта снова
done-confirm = подтверждена
done-reject = отмечена как ложная тревога
done-merge = объединена
done-split = выделено в отдельную
done-move = перенесено
done-take_in = отнесено сюда
done-set_cause = причина указана
done-known_error = отмечена как известная ошибка
done-snooze = оповещения приостановлены
done-mute = сигналы заглушены
done-undo = действие отменено

# Проблема
case-lasts = длится { $span }
case-lasted = длилась { $span }
case-cause = Скорее всего, причина — { $system } ({ $share }).
case-cause-perhaps = Причина не ясна; вероятнее других { $system } ({ $share }).
case-cause-unclear = Причина не ясна: { $system } ({ $share }) или { $other }.
why-cause = Почему
head-felt = Что видят пользователи
head-advice = Что делать
head-contact = Кому звонить
head-similar = Похожее раньше
similar-by-itself = прошло само
felt-nobody = Обращений нет.
bars-name = Обращения за каждые пять минут
contact-unknown = Кто отвечает за систему, в схеме зависимостей не указано.
advice-tickets-only = Мониторинг молчит, есть только обращения. Проверьте систему сами и позвоните тем, кто за неё отвечает.
head-solutions = Типовые решения
solution-text = Что сделать
solution-fits = Типовое решение:
solution-by-system = по системе: { $systems }
solution-by-words = по словам: { $words }
mark-release = Релиз { $system } { $version }
evidence-worst = худшее значение
copy = Копировать
alike = похожие обращения и почему они здесь
member-held = не тревожит:
pick-member = Отметить
acts = Действия
button-hand-over = Передать…
button-resolve = Отметить устранённой
button-reopen = Открыть снова
button-comment = Комментарий
button-snooze = Приостановить оповещения
button-merge = Объединить…
button-members = Разделить…
button-split = Выделить в отдельную
button-move = Перенести
button-mute = Заглушить на 8 ч
button-cause = Указать причину
button-known = Известная ошибка
button-confirm = Подтвердить
button-reject = Ложная тревога
button-next = Дальше
field-to = Кому
field-text = Текст
field-for = На сколько
for-30 = 30 минут
for-120 = 2 часа
for-480 = 8 часов
field-into = С какой
field-move-to = Куда перенести
move-nowhere = никуда: разбирать отдельно
members-hint = Отметьте ниже срабатывания и обращения, о которых речь.
field-cause = Система
cause-free = пусть решает программа
field-known = Номер в базе знаний
act-why = Почему
act-sure = Выполнить
act-cancel = Отмена
act-undo-hint = Действие можно будет отменить в ходе событий.
preview-title = Что произойдёт
preview-heading = «{ $verb }»: что произойдёт
hand-over-unknown = В Вахту ещё не входил никто с именем «{ $who }»: проверьте, как оно пишется.
changed-since = Что изменилось с тех пор
refused-unknown = { $case } уже закрыта или объединена с другой.
refused-stale = { $case } изменилась, пока вы смотрели. Посмотрите ещё раз.
refused-not-now = { $case } сейчас в состоянии «{ $state }», поэтому действие «{ $verb }» невозможно.
refused-no-signal = В { $case } уже нет { $signal }.
refused-elsewhere = { $signal } уже отнесено к { $case }: перенесите его оттуда.
refused-nothing-to-split = Отметьте часть сигналов: что-то должно уйти, а что-то остаться.
refused-no-signals = Отметьте сигналы, о которых речь.
refused-same-case = { $case } — это та же самая проблема. Укажите другую.
refused-no-system = Системы { $system } в схеме зависимостей нет.
refused-past = Этот срок уже прошёл.
refused-no-text = Напишите текст.
refused-no-act = Это действие уже отменено или слишком давнее.
refused-not-last = После этого действия были другие: сначала отмените их.
refused-no-cases = Отметьте проблемы, о которых речь.
runbook-contents = На этой странице
runbook-elasticsearch = Elasticsearch и OpenSearch
runbook-engine = Сама Вахта и её источники
runbook-host = Серверы Linux
runbook-otrs = ОТРС и обращения
runbook-postgres = PostgreSQL
graph-cause = вероятная причина
graph-touched = затронута
advice-none = Инструкции к этому оповещению нет: откройте его там, откуда оно пришло, и позвоните тем, кто отвечает за систему.

# Вход и доступ
sign-in-name = Имя
sign-in-password = Пароль
sign-in-code-field = Код из приложения
sign-in-button = Войти
sign-in-no-password = Нет пароля
sign-in-wrong = Имя или пароль не подходят.
sign-in-code = Введите код из приложения для входа.
sign-in-code-wrong = Код не подходит или уже использован. Дождитесь следующего.
sign-in-crowd = Слишком много попыток сразу. Подождите полминуты.
refused-team = Эта проблема не у вашей команды ({ $team }): её системы в другой очереди.
access-users = Пользователи
access-no-users = Пользователей с паролем нет.
access-passes = Сеансы и токены
access-journal = Журнал доступа
column-name = Имя
column-role = Роль
column-kind = Вид
column-created = Создан
column-used = Использован
column-expires = Действует до
column-address = Адрес
column-what = Что
column-about = Кого касается
column-when = Когда
button-revoke = Отозвать
role-viewer = просмотр
role-line1 = 1ЛТП
role-line2 = 2–3ЛТП
role-duty = дежурная смена
role-problem-manager = менеджер проблем
role-admin = администратор
user-active = активен
user-disabled = отключён
user-totp = активен, второй фактор
pass-bearer = токен программы
pass-session = сеанс
pass-sign_in = одноразовая ссылка
pass-wall = экран на стене
audit-signed_in = вход
audit-signed_out = выход
audit-refused = вход отклонён
audit-revoked = доступ отозван
audit-user_added = пользователь добавлен
audit-user_disabled = пользователь отключён
audit-user_enabled = пользователь включён
audit-role_changed = роль изменена
audit-totp_set = второй фактор задан
audit-token_added = создан токен или ссылка

# Стена
nav-wall = Стена
wall-quiet = Всё спокойно: открытых проблем нет, опрошено { $up } из { $sources }
wall-more = { $count ->
    [one] и ещё { $count } проблема
    [few] и ещё { $count } проблемы
   *[many] и ещё { $count } проблем
}
wall-untaken = никто не взял

# Обращения
search-tickets = Номер или слова обращения
tickets-empty = Обращений пока нет.
column-ticket = Обращение
column-verdict = Куда относится
column-say = Что сказать
verdict-belongs = к { $case }
verdict-perhaps = возможно, к { $case }
verdict-alone = не относится ни к одной проблеме
verdict-request = запрос, не инцидент
lacks = Не хватает:
lacks-system = система
lacks-mrf = МРФ
lacks-felt = что именно не так
button-detach = Отвязать
say-known = Про неполадку ({ $system }) уже известно с { $since }, передали специалистам.
say-taken = Про неполадку ({ $system }) известно с { $since }, специалисты уже работают.
ticket-text = Текст
ticket-text-none = Текст не сохранён.
ticket-heading = Обращение № { $number }
ticket-forgotten = Закрыто или ни к чему не отнесено, Вахта за ним больше не следит. Последнее изменение:
ticket-masked = Имена, телефоны, лицевые счета и логины скрыты.
ticket-there = Открыть в системе обращений
say-over = Неполадка устранена. Проверьте, пожалуйста, всё ли работает.

# Системы
system-cases = { $count ->
    [one] { $count } открытая проблема
    [few] { $count } открытые проблемы
   *[many] { $count } открытых проблем
}
system-unrecorded = нет записи
system-list = Все системы
system-owner = Отвечает
system-contact = Как связаться
system-queue = Очередь
system-whose = Кто отвечает и что с чем связано
system-depends = Зависит от
system-serves = От неё зависят
system-open = Открытые проблемы
system-open-none = Открытых проблем нет.
system-all = Все проблемы этой системы списком
system-findings = Сработало сейчас
system-findings-none = Сейчас ничего не сработало.
system-works = Работы
system-charts = Ближе всего к порогу (за три часа)
system-charts-none = Показать нечего: у этой системы нет измерений с порогом.
system-earlier = Последние закрытые проблемы
system-earlier-none = Закрытых проблем ещё не было.
gauge-says = сейчас { $value }, порог { $limit }
work-over = Работы закончились: { $title } ({ $systems }), с { $from } до { $until }
states-are = Состояние сейчас.
states-were = Состояние на { $at }, как его показывала эта страница: Вахта записывает каждую перемену, с точностью до 5 секунд.
states-off = В { $at } Вахта не работала: состояние систем неизвестно.
states-begin = Записи начинаются в { $at }. Что было раньше, неизвестно.
states-none = Записей о состоянии систем ещё нет.
states-range = Нужен момент последних суток: напишите, например, 03:10.
states-slider = Момент последних суток
states-at = На
states-show = Показать
states-hour-back = −1 ч
states-back = −10 мин
states-on = +10 мин
states-now = сейчас
system-calm = всё спокойно
system-still = срабатывает, хотя открытой проблемы нет
system-blind = источники не отвечают
system-unwatched = источников нет
system-sources = источники: отвечают { $up } из { $all }
system-needs = зависит от:

# Разбор
column-case = Проблема
column-doubt = Почему стоит проверить
review-hint = Сначала то, в чём программа уверена меньше всего. Подтверждённых проблем и ложных тревог здесь нет.
review-empty = Проверять нечего.
review-export = Выгрузить в CSV
doubt-cause = причина не ясна
doubt-systems = { $count ->
    [one] { $count } система
    [few] { $count } системы
   *[many] { $count } систем
}
doubt-merged = объединена из нескольких
csv-id = Номер
csv-title = Проблема
csv-severity = Важность
csv-state = Состояние
csv-opened = Началась
csv-resolved = Закончилась
csv-minutes = Длительность, мин
csv-systems = Системы
csv-mrfs = МРФ
csv-tickets = Обращений
csv-users = Пользователей
csv-findings = Срабатываний
csv-cause = Причина
csv-share = Уверенность
csv-owner = Кто занимался
csv-ticket = Тикет

# Две проблемы рядом
sort-link = Разобрать с другой
sort-title = Две проблемы рядом
sort-left = Слева
sort-right = Справа
sort-new = новая проблема
sort-new-hint = Перенесите сюда часть строк: из них получится новая проблема.
sort-show = Показать
sort-choose = Выберите проблему слева. Справа может быть другая или новая.
sort-hint = Отметьте строки и нажмите кнопку. Прежде чем что-то изменится, вы увидите, что произойдёт.
sort-keys = Клавиши: ↑ ↓ — по строкам, пробел — отметить, → и ← — на другую сторону, Enter — посмотреть, что произойдёт. Строки можно перетаскивать мышью.
sort-moved = Перенесено строк: {"{count}"}. Enter — посмотреть, что произойдёт.
sort-back = Возвращено на место. Перенесено строк: {"{count}"}.
sort-one-way = За один раз строки переносят в одну сторону. Сначала завершите начатое или верните строки на место.
sort-none = Ничего не отмечено.
sort-all = Хотя бы одна строка должна остаться.
sort-split = Выделить отмеченное в новую
sort-to-right = Перенести отмеченное вправо
sort-to-left = Перенести отмеченное влево
sort-merge = Объединить: всё из { $case } перейдёт в { $other }
sort-closed = Проблема закрыта: её состав больше не меняется.
sort-over = закончилось { $at }
sort-more = { $count ->
    [one] Ещё { $count } строка не показана.
    [few] Ещё { $count } строки не показаны.
   *[many] Ещё { $count } строк не показаны.
}
signal-ticket = обращение
signal-finding = срабатывание
signal-alert = внешнее оповещение
review-pair = Разобрать отмеченные рядом

# Итог разбора
conclusion-title = Итог разбора
conclusion-link = Итог разбора
conclusion-engine = По мнению программы, причина:
conclusion-judgement = Что это было
conclusion-not-closed = Подтвердить проблему или отметить её как ложную тревогу здесь можно после закрытия; пока она открыта — на её странице.
judgement-open = не решено
judgement-confirmed = подтверждена
judgement-rejected = ложная тревога
column-judgement = Что это было
column-review-cause = Причина по разбору
column-measure = Мера
column-responsible = Отвечает
column-due = Срок
conclusion-done = Выполнено
conclusion-save = Записать
conclusion-saved = Записано.
conclusion-history = История записей
conclusion-undone = отменено
conclusion-undo = Отменить последнюю запись
measure-until = до { $day }
measure-overdue = просрочено
measure-done = выполнено
refused-no-day = Срок должен быть датой вида 2026-12-31.
refused-no-measure = Срок и отметка о выполнении относятся к мере: напишите, что нужно сделать.
refused-not-closed = { $case } ещё не закрыта: подтвердите её или отметьте как ложную тревогу на её странице.
review-overdue = Просроченные меры
review-under-way = Меры в работе
review-alarms = Ложные срабатывания за 90 дней, по закрытым проблемам
review-export-xlsx = Выгрузить в Excel
column-decision = Решение
column-rejected = Ложных
column-confirmed = Подтверждено
column-cases = Всего проблем
nav-shift-cases = Проблемы
word-yes = да
word-no = нет

# Примерка порога
trial-title = Примерка порога
trial-hint = Что сделало бы правило с другим порогом? Проверяется на записанных измерениях, правило при этом не меняется.
trial-unit-count = Значения — числа.
trial-unit-seconds = Значения — в секундах.
trial-unit-bytes = Значения — в байтах.
trial-unit-ratio = Значения — доли: 0,9 — это 90 %.
trial-unit-percent = Значения — в процентах.
trial-unit-timestamp = Значения — секунды с 1970 года.
trial-now = сейчас
trial-field-level = Порог важности «{ $severity }»
trial-field-clear = Порог снятия
trial-field-hold = Должно продержаться, с
trial-run = Примерить
trial-outcome = Что получилось бы
trial-span = По записанным данным с { $from } до { $until } ({ $span }).
trial-short = Записано меньше семи дней. Сколько хранить измерения, задают retention.samples и limits.recorded.
trial-unrecorded = Записанные измерения недоступны (почему — в журнале программы): просмотрено только то, что в памяти.
trial-thinned = Опросов много: у каждого источника просмотрен каждый { $every }-й.
trial-cut = Данных много: за отведённое время просмотрена только эта часть.
trial-nothing = Записанных данных для этого правила пока нет.
trial-present = Сейчас: { $count ->
    [one] { $count } срабатывание
    [few] { $count } срабатывания
   *[many] { $count } срабатываний
}, вместе { $span }
trial-tried = С новым порогом: { $count ->
    [one] { $count } срабатывание
    [few] { $count } срабатывания
   *[many] { $count } срабатываний
}, вместе { $span }
trial-difference = Пропало бы: { $less }, добавилось бы: { $more }
trial-lasts = ещё длится
trial-same = есть и там, и там
trial-less = пропало бы
trial-more = добавилось бы
trial-where = Чтобы правило работало так, впишите в vakhta.yaml, проверьте командой vakhta check и перечитайте настройки (systemctl reload vakhta):
rule-adjusted = изменено в vakhta.yaml
rule-off = выключено в vakhta.yaml
trial-cases = За 90 дней: проблем с этим правилом — { $cases }, из них ложных { $rejected }, подтверждённых { $confirmed }.
trial-no-cases = За 90 дней закрытых проблем с этим правилом не было.
trial-numbers = Впишите числа. Уровень, который не нужен, оставьте пустым.
trial-levels = Более важный уровень должен быть дальше от нормы, и хотя бы один уровень нужен.
trial-clear = Порог снятия должен быть ближе к норме, чем самый мягкий уровень.
trial-method-forecast = Правило предсказывает, когда значение дойдёт до предела. Порога, который можно примерить, у него нет.
trial-method-outlier = Правило сравнивает значение с обычным для этого времени суток. Порога, который можно примерить, у него нет.
trial-method-freshness = Правило следит за тем, как давно было последнее обновление. Примерить его здесь нельзя.
trial-method-no-data = Правило ждёт, что данные перестанут приходить. Порога, который можно примерить, у него нет.
trial-method-set-change = Правило следит за составом: что пропало, что появилось. Порога у него нет.
refused-trial-busy = Уже идёт другая примерка. Повторите через несколько секунд.
column-object = Что
column-present = Сейчас
column-tried = С новым порогом
column-difference = Разница

# Правила
nav-rules = Правила
column-rule = Правило
column-on = Сработало сейчас
column-last = Последний раз
short-mrfs = { $count } МРФ
sign-in-directory = Каталог пользователей не отвечает. Войдите паролем Вахты или одноразовой ссылкой.
refused-role = Для этого нужна роль «{ $needed }» или выше, у вас «{ $own }». Попросите администратора.
outcome-title = Что получилось
reload-refused = Новые настройки не приняты ({ $count ->
    [one] { $count } ошибка
    [few] { $count } ошибки
   *[many] { $count } ошибок
}), работают прежние. Что не так: vakhta check и журнал программы.
nav-phone = Телефон
phone-title = Войти с телефона
phone-text = Покажите код и наведите на него камеру телефона: телефон войдёт под вашим именем и с вашими правами. Код срабатывает один раз и действует пять минут. Не показывайте его другим.
phone-code = Код для входа с телефона
phone-good = Если телефон не открывает страницу, проверьте, что он в сети компании (VPN).
phone-address = То же самое ссылкой
phone-show = Показать код
sign-in-provider = Войти через единый вход
sign-in-or = или по имени и паролю:
sign-in-provider-none = Единый вход не настроен. Войдите по имени и паролю.
sign-in-provider-down = Единый вход не отвечает. Войдите паролем Вахты или одноразовой ссылкой.
sign-in-provider-refused = Единый вход вас не пропустил. Попробуйте ещё раз или войдите по имени и паролю.
sign-in-provider-again = Вход не завершён: ответ не подошёл или пришёл слишком поздно. Начните ещё раз.
sign-in-provider-no-role = Единый вход вас знает, но ни одна из ваших групп не даёт доступа к Вахте. Обратитесь к администратору.
sign-in-provider-ours = Для этого имени в Вахте свой пароль: войдите по имени и паролю.
audit-phone_link = код для входа с телефона
sources-held = Показания в памяти: рядов { $series } из { $most }, занято { $bytes } из { $room }, хранятся { $span }.
will-still-on = Ещё не закончилось: { $count ->
    [one] { $count } срабатывание
    [few] { $count } срабатывания
   *[many] { $count } срабатываний
}. Проблема вернётся, если станет хуже
case-still-on = Проблему отметили устранённой, но ещё не закончилось: { $count ->
    [one] { $count } срабатывание
    [few] { $count } срабатывания
   *[many] { $count } срабатываний
}. Если станет хуже, она вернётся.
column-acts = Действия
map-name = Обращения по филиалам, с запада на восток
map-there = там сейчас
held-mute = заглушено вручную
held-work = плановые работы
state-rejected = ложная тревога
sign-in-used = Ссылка не подходит: она уже использована или истекла. Войдите по имени и паролю или попросите новую.
line-resolved-held = Больше не тревожит: то, что ещё не закончилось, заглушено или относится к плановым работам
note-resolved-held = То, что ещё не закончилось, заглушено вручную или относится к плановым работам.
