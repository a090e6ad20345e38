# Что команды говорят в терминале. По-английски рядом: cli.en.ftl; справка команд: help.ru.ftl.

cli-error = ошибка:
cli-help = что делать:
cli-note = примечание:

# check
cli-errors = { $count ->
    [one] { $count } ошибка
    [few] { $count } ошибки
   *[many] { $count } ошибок
}
cli-check-ok = в порядке: { $rules ->
    [one] { $rules } правило с проверками
    [few] { $rules } правила с проверками
   *[many] { $rules } правил с проверками
}, { $systems ->
    [one] { $systems } система
    [few] { $systems } системы
   *[many] { $systems } систем
}, { $sources ->
    [one] { $sources } источник
    [few] { $sources } источника
   *[many] { $sources } источников
}, { $policies ->
    [one] { $policies } политика
    [few] { $policies } политики
   *[many] { $policies } политик
}
cli-note-no-tickets = политика { $policy } открывает тикеты, а раздела `otrs:` нет: открывать их негде
cli-note-no-alerts = политика { $policy } отправляет оповещения, а раздела `alertmanager:` нет: отправлять их некуда
cli-doubt-nothing = не за чем следить: добавьте `collect:` или `otrs:`; пример создаст `vakhta init DIR`
cli-doubt-owner = у системы { $key } нет `owner`: непонятно, кому звонить; добавьте owner: {"{"}ru: …, en: …{"}"}
cli-doubt-runbook = правило { $rule }: нет инструкции { $runbook }; на страницах не будет ссылки на неё
cli-test-failed = правило { $rule }: проверка «{ $test }»: { $why }
cli-test-none = у правила нет проверок
cli-test-found = на { $at }-й секунде ожидалось: { $wanted }, получено: { $found }
cli-test-placeholder = подставить вместо `{"{"}{ $name }{"}"}` нечего: есть { $known }
cli-test-nowhere = из результата не видно ни где это, ни в какой системе: сохраните метки instance и system (`sum by (instance, system) (…)`) или задайте правилу `system:`

# run
cli-greeting = Вахта запущена: { $page }/
cli-greeting-link = Вахта запущена. Откройте страницу (ссылка одноразовая, действует час):
cli-cannot-listen = не удалось открыть адрес { $file }: { $error }; не запущена ли уже другая Вахта?
cli-cannot-make-data = не удалось создать папку данных { $file }: { $error }
cli-cannot-restrict = не удалось ограничить права на { $file }: { $error }
cli-cannot-lock = не удалось заблокировать { $file }: { $error }
cli-fallen = часть программы остановилась ({ $how }); запустите программу снова
cli-folder-taken = с папкой данных { $file } работает другая Вахта; остановите её или укажите для этой другую папку в --data

# Files
cli-cannot-read = не удалось прочитать { $file }: { $error }
cli-cannot-write = не удалось записать { $file }: { $error }
cli-cannot-make = не удалось создать { $file }: { $error }
cli-cannot-move = не удалось отложить { $file } в сторону: { $error }
cli-cannot-remove = не удалось удалить { $file }: { $error }
cli-cannot-own = не удалось отдать { $file } владельцу папки: { $error }

# The store
cli-store-database = хранилище отказало: { $error } (действие: { $doing }); проверьте место на диске и права на папку данных
cli-store-migrate = хранилище не обновить: { $error }; возможно, оно от более новой версии
cli-store-body = запись в хранилище не читается ({ $what }): { $error }; возможно, она от более новой версии
cli-store-record = событие { $event } журнала не читается: { $error }. Запустите версию, которая его записала, или восстановите копию, или один раз запустите с --skip-unreadable: тогда событие будет пропущено, о чём скажет журнал
cli-store-beginning = ни один снимок не читается, а журнал начинается с события { $event }: то, что было раньше, уже удалено. Запустите версию, которая его записала, или восстановите копию
cli-store-unsound = файл { $file } повреждён или не читается ({ $error }); возьмите другую копию
cli-store-newer = файл { $file } не подходит: он записан более новой версией (формат { $version }); возьмите другую копию
cli-store-none = файл { $file } не подходит: это не хранилище Вахты; возьмите другую копию
cli-store-missing = файла { $file } нет; возьмите другую копию
cli-store-password = пароль не сохранить: возможно, он слишком длинный
cli-store-damaged = запись в хранилище повреждена ({ $what }): { $error }; восстановите копию

# backup, restore
cli-no-store = файла { $file } нет; укажите папку данных в --data
cli-there-already = файл { $file } уже есть; укажите другой
cli-backed-up = { $file }: { $bytes } байт, копия прочитана и исправна
cli-restored = { $file } восстановлен
cli-restored-over = { $file } восстановлен; прежний сохранён: { $aside }

# doctor
cli-doctor-ok = норма
cli-doctor-weak = слабо
cli-doctor-bad = плохо
cli-not-ready = { $url } отвечает { $status }: не готов
cli-no-answer = { $url } не отвечает: { $error }; запущена ли Вахта?

cli-doctor-folder = в папку данных нельзя писать: { $error }. Отдайте её пользователю, под которым работает Вахта
cli-refused = подключение не принимают
cli-timeout = за отведённое время нет ответа

# explain
cli-explain-no-store = объяснить { $id } не удалось: файла { $file } нет; укажите папку данных Вахты в --data
cli-explain-unknown = ничего с номером { $id } не найдено (бывают: PRB-000001, MI-000001, ticket:4711, ключ срабатывания)

# token, user
cli-new-store = файл { $file } создан заново; та ли папка указана в --data?
cli-line2-team = для line2 нужна --team, первая часть её очередей: --team 2ЛТП
cli-used = использован { $moment }
cli-ends = действует до { $moment }
cli-used-never = не использован
cli-ends-never = бессрочно
cli-no-token = нет токена, который начинается с { $hash }; список: vakhta token list
cli-no-user = пользователя { $name } нет; список: vakhta user list
cli-password-short = пароль слишком короткий: нужно не меньше { $least ->
    [one] { $least } знака
   *[other] { $least } знаков
}
cli-totp-now = добавьте этот адрес в приложение с кодами сейчас: больше он не появится
cli-user-active = работает
cli-user-disabled = отключён

# init
cli-init-password = { $option }: уберите из адреса имя и пароль; потом впишите в настройки `username` и `password_file`
cli-init-postgres = --postgres { $url }: напишите postgres://пользователь@узел:порт/база
cli-init-there = файл { $file } уже есть; выберите другую папку
cli-init-written = записано: { $file }
cli-init-next = дальше:
cli-init-step-role = в каждом PostgreSQL:  CREATE ROLE vakhta LOGIN CONNECTION LIMIT 2 PASSWORD '…'; GRANT pg_monitor TO vakhta;
cli-init-step-password = пароль в файле { $dir }/postgres.password
cli-init-step-otrs = в ОТРС: заведите агента по docs/escalate/otrs.md; пароль в файле { $dir }/otrs.password
cli-init-step-page = в { $file } укажите в `page_url` адрес, по которому люди открывают страницу

# evaluate
cli-evaluated = { $kind }: { $items } шт., { $seconds } с, { $rate } шт./с
cli-csv-line = { $file }: строка { $line }: нужно `timestamp,value`, а здесь «{ $word }»
cli-csv-time = { $file }: строка { $line }: «{ $word }» — не дата и время
cli-csv-number = { $file }: строка { $line }: «{ $word }» — не число
cli-storm-file = { $file }: не то содержимое: { $error }
cli-storm-line = { $file }: строка { $line }: не то содержимое: { $error }

# The command line itself
cli-usage = Использование: { $usage }
cli-usage-more = Подробнее: { $command } --help
cli-usage-near = может быть, `{ $near }`?
cli-usage-unknown = неизвестный параметр { $argument }
cli-usage-extra = лишний аргумент { $argument }
cli-usage-command = неизвестная команда { $command }
cli-usage-no-command = не указана команда
cli-usage-no-value = у { $argument } нет значения
cli-usage-no-value-of = у { $argument } нет значения; возможно: { $known }
cli-usage-value = «{ $value }» не подходит для { $argument }
cli-usage-value-of = «{ $value }» не подходит для { $argument }; возможно: { $known }
cli-usage-missing = не указано: { $arguments }
cli-usage-twice = { $argument } указан дважды
cli-usage-conflict = { $argument } нельзя указывать вместе с { $other }
cli-usage-count = { $argument }: неверное число значений
cli-usage-utf8 = командная строка не в UTF-8
cli-usage-other = ошибка в командной строке
cli-token-named = токен с именем { $name } уже есть; отзовите его: vakhta token revoke { $hash }, или назовите новый иначе
cli-note-adjusted = пределы изменены в `rules:`, проверки из поставки для них не выполнялись: { $rules }
cli-note-off = выключены в `rules:`, о том, за чем они следили, никто не узнает: { $rules }
cli-note-plain = страницы открыты в сети без шифрования ({ $listen }); добавьте `tls:` или поставьте прокси и укажите `page_url: https://…`
