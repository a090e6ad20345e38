# Что не так в настройках и что делать: `check-…` и его `.help`; `query-…` — ошибки PromQL; `found-…`
# и `os-…` — части других сообщений. По-английски рядом: check.en.ftl.

# Что стоит там, где нужно другое.
found-nothing = ничего
found-boolean = true или false
found-list = список
found-section = раздел
found-no-findings = ничего

# Что говорит операционная система.
os-not-permitted = операция запрещена (код 1)
os-not-found = нет такого файла или папки (код 2)
os-denied = нет прав (код 13)
os-exists = файл уже есть (код 17)
os-not-a-folder = это не папка (код 20)
os-a-folder = это папка, а не файл (код 21)
os-no-space = на диске нет места (код 28)
os-read-only = диск только для чтения (код 30)
os-in-use = адрес уже занят (код 98)
os-no-address = у этой машины нет такого адреса (код 99)

# Файлы.
check-file-unreadable = не удалось прочитать файл: { $error }
    .help = проверьте путь; новые настройки создаст `vakhta init DIR`
check-file-large = файл больше 4 МиБ
    .help = разделите его или уберите лишнее
check-not-utf8 = файл не в UTF-8, скорее всего в { $encoding }
    .help = перекодируйте: iconv -f { $encoding } -t UTF-8 { $file } -o { $file }.new && mv { $file }.new { $file }
check-packs-folder = не удалось прочитать папку { $folder }: { $error }
    .help = создайте её или уберите `packs`

# YAML.
check-yaml = это не YAML
    .help = исправьте эту строку: отступ, кавычки, двоеточия
check-yaml-duplicate = ключ `{ $key }` указан дважды
    .help = оставьте один
check-yaml-tab = табуляция там, где в YAML нужны пробелы
    .help = замените табуляции пробелами
check-yaml-indent = отступ не сходится со строками выше
    .help = выровняйте пробелами: строки одного уровня начинаются в одном столбце
check-yaml-colon = двоеточие или ключ пропущены или стоят не там
    .help = пишите `ключ: значение`, по одному в строке; текст с `: ` внутри возьмите в кавычки
check-yaml-quote = кавычка не закрыта или стоит внутри текста
    .help = закройте кавычку; внутри '…' её пишут дважды
check-yaml-escape = в "…" знак `\` начинает особый символ, а такого символа нет
    .help = возьмите текст в '…', там `\` — обычный знак, или удвойте его
check-yaml-bracket = скобка не закрыта или пропущена запятая
    .help = закройте [ и {"{"}, между значениями поставьте запятые
check-yaml-character = с такого знака текст начинаться не может
    .help = возьмите текст в кавычки
check-yaml-anchor = `*` ссылается на метку, которой нет
    .help = задайте метку выше через `&`; если это текст со звёздочкой, возьмите его в кавычки
check-yaml-documents = в файле несколько документов
    .help = уберите строки `---` или разделите файл
check-yaml-tag = пометки вида `!имя` не поддерживаются
    .help = уберите пометку; текст, который начинается с `!`, возьмите в кавычки
check-yaml-key = ключом может быть только слово
    .help = пишите `ключ: значение`; другие ключи возьмите в кавычки
check-yaml-budget = если раскрыть метки, файл станет слишком большим
    .help = выпишите значения вместо `&` и `*`

# Любой ключ.
check-missing = нет `{ $key }`
    .help = добавьте `{ $key }: …`
check-unknown-key = неизвестный ключ `{ $key }`
    .help = здесь возможны: { $known }
check-unknown-key-near = неизвестный ключ `{ $key }`
    .help = может быть, `{ $near }`?
check-outside = { $number } вне пределов { $low }…{ $high }
    .help = укажите от { $low } до { $high }
check-expected-section = нужен раздел с ключами, а здесь { $found }
    .help = пишите строки `ключ: значение` с отступом под именем раздела
check-expected-text = нужен текст, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-number = нужно число, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-boolean = нужно true или false, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-duration = нужна длительность с единицей (ms, s, m, h, d), а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-size = нужен размер с единицей (KiB, MiB, GiB), а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-one = нужно одно из слов: { $words }, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-some = нужно одно или несколько слов из { $words }, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-url = нужен адрес http:// или https://, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-urls = нужны адреса http:// или https://, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-urls-plain = нужны адреса http:// или https:// без пароля, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-zone = нужно имя часового пояса, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-field = нужно имя поля из латинских букв и цифр, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-ldap = нужен адрес ldaps:// или ldap://, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-groups = нужен список групп, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-solutions = нужен список решений, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-systems = нужен список систем, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-policies = нужен список политик, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-sources = нужен список источников, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-rules = нужен список правил, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-tests = нужен список проверок, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-runbook = нужны страница и якорь, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-also = нужны имена и выражения, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-levels = нужны пороги по важности, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-branches = нужны имена филиалов с их часовыми поясами, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-iana = нужно имя часового пояса по IANA, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-proxies = нужен список адресов, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-network = нужен адрес или сеть, а здесь { $found }
    .help = например, напишите `{ $example }`
check-expected-https = нужен адрес https://, а здесь { $found }
    .help = например, напишите `{ $example }`

# Адреса и пароли.
check-url-password = паролю не место в адресе
    .help = укажите `username` и `password_file` или `password_env`
check-secret-here = из-за `{ $key }` пароль окажется в файле настроек
    .help = положите его в отдельный файл и напишите `{ $file_key }: ПУТЬ` или используйте `{ $env_key }`
check-secret-empty = файл с паролем { $file } пуст
    .help = запишите в него пароль одной строкой
check-secret-unreadable = не удалось прочитать файл с паролем { $file }: { $error }
    .help = создайте файл, который читает только этот пользователь
check-env-unset = переменная окружения { $name } не задана
    .help = перед запуском выполните export { $name }=…
check-password-missing = не указан пароль
    .help = добавьте `password_file: ПУТЬ` или `password_env: ИМЯ`
check-user-and-password = `username` и пароль указывают вместе, а одного из них нет
    .help = добавьте `username: …` и `password_file: ПУТЬ` или уберите оба
check-certificate-unreadable = не удалось прочитать файл сертификата { $file }: { $error }
    .help = скопируйте туда http_ca.crt кластера и дайте этому пользователю право на чтение
check-listen = на `{ $text }` принимать подключения нельзя
    .help = укажите адрес и порт от 0 до 65535: `listen: 127.0.0.1:8480`
check-alertmanager-password = паролю не место в адресе
    .help = пусть пароль добавляет прокси на этой машине, или закройте Alertmanager на уровне сети
check-postgres-scheme = адрес должен начинаться с postgres://
    .help = напишите `url: postgres://vakhta@db1:5432/crm`, пароль отдельно
check-postgres-password = паролю не место в адресе
    .help = напишите `url: postgres://vakhta@db1:5432/crm`, пароль отдельно
check-postgres-address = это не адрес PostgreSQL: { $words }
    .help = напишите `url: postgres://vakhta@db1:5432/crm`, пароль отдельно

# Источники.
check-timeout-long = опрос может длиться дольше, чем промежуток между опросами
    .help = сделайте `timeout` короче, чем `interval`
check-interval-short = `{ $key }` меньше { $least } с
    .help = укажите `{ $key }: { $least }s` или больше
check-expected-labels = нужны метки
    .help = напишите `labels: {"{"}team: crm{"}"}`
check-label-name = метку `{ $name }` здесь задать нельзя
    .help = имя состоит из латинских букв, цифр и _; job, instance и system ставит сама Вахта
check-label-value = значение метки — это текст
    .help = возьмите его в кавычки
check-source-twice = источник { $kind } с именем `{ $name }` уже есть
    .help = дайте каждому источнику своё имя

# Системы, политики, решения.
check-system-twice = система `{ $key }` уже описана в строке { $line }
    .help = уберите одно из описаний или смените ключ
check-system-needed = `{ $key }` здесь нужна, но такой системы в файле нет
    .help = опишите её в `systems` или исправьте ключ
check-system-circle = системы зависят друг от друга по кругу: { $circle }
    .help = по этим стрелкам ищут причину: уберите самую слабую связь
check-system-unknown = системы `{ $key }` нет в topology
    .help = исправьте ключ или добавьте систему в файл topology
check-system-unknown-near = системы `{ $key }` нет в topology
    .help = может быть, `{ $near }`?
check-no-policies = канал есть, а политики, что в него отправлять, нет
    .help = добавьте `policies: policies.yaml`; пример создаст `vakhta init DIR`
check-solution-twice = решение `{ $key }` указано дважды
    .help = уберите одно из двух или смените ключ

# Люди.
check-ldap-clear = пароли пойдут по сети открытым текстом
    .help = укажите ldaps:// или добавьте `starttls: "on"`
check-ldap-filter = из фильтра не понятно, кого искать
    .help = поставьте {"{"}name{"}"} на место имени: (sAMAccountName={"{"}name{"}"})
check-group-role = у группы нет `role`
    .help = добавьте одну из ролей: { $known }
check-group-team = для line2 нужна `team`
    .help = добавьте первую часть её очередей: `team: 2ЛТП`
check-oidc-clear = провайдера входа будут спрашивать по сети открытым текстом
    .help = укажите https://
check-oidc-secret = провайдеру нужен секрет
    .help = добавьте `secret_file: ПУТЬ`
check-tls = файл { $file } не подходит: { $error }
    .help = нужны сертификат с цепочкой и ключ к нему, оба в PEM и доступные этому пользователю на чтение
check-tls-empty = файл { $file } не подходит: сертификата в нём нет
    .help = нужны сертификат с цепочкой и ключ к нему, оба в PEM и доступные этому пользователю на чтение

# Правила.
check-adjusts-nothing = правила `{ $rule }` нет
    .help = возьмите имя правила со страницы «Правила»
check-rule-twice = правило `{ $rule }` уже есть
    .help = дайте этому другой id
check-promql = { $why }
    .help = исправьте выражение PromQL
check-promql-at = { $why }
    .help = исправьте выражение PromQL, столбец { $column }
check-expected-promql = нужно выражение PromQL
    .help = возьмите его в кавычки
check-no-method = у правила нет метода
    .help = укажите ровно один: { $known }
check-many-methods = у правила несколько методов: { $count }
    .help = укажите ровно один: { $known }
check-no-severity = нет важности `{ $word }`
    .help = бывают info, warning, high, critical
check-ladder-empty = не задан ни один порог
    .help = задайте порог хотя бы для одной важности
check-ladder-order = порог для { $worse } должен быть дальше, чем для { $milder }
    .help = чем выше важность, тем дальше порог
check-not-finite = { $field }: нужно конечное число
    .help = исправьте параметры метода
check-negative = { $field } не может быть меньше нуля
    .help = исправьте параметры метода
check-not-positive = { $field } должно быть больше нуля
    .help = исправьте параметры метода
check-parameter-range = { $field } должно быть от { $low } до { $high }
    .help = исправьте параметры метода
check-clear-beyond = clear должно быть на спокойной стороне самого слабого порога или равно ему
    .help = исправьте параметры метода
check-short-window = short должно быть меньше long
    .help = исправьте параметры метода
check-notation-word = `{ $word }` — не запись ряда: пишите `5`, `_`, `5x10`, `0+1x10` или `_x3`
    .help = например, напишите `0x5 3 _ 1+2x4`
check-notation-series = `{ $series }` — не ряд
    .help = напишите `name{"{"}label="value"{"}"}`
check-notation-long = в ряду больше 100000 значений
    .help = например, напишите `0x5 3 _ 1+2x4`

# PromQL.
query-not-promql = это не PromQL (парсер: { $words })
query-long = выражение длиннее { $limit } байт; разделите его
query-deep = слишком глубокая вложенность; разделите выражение
query-moments = больше { $limit } моментов; увеличьте шаг
query-samples = запрос читает больше { $limit } измерений; сузьте отбор или промежуток
query-range-samples = больше { $limit } измерений; сузьте отбор или промежуток
query-match-one = ряды не сопоставить: у { $one } и { $other } одинаковые метки на той стороне, где ряд должен быть один; добавьте метки в `on` или поменяйте местами group_left и group_right
query-match-several = ряды не сопоставить: под { $labels } подходят несколько; добавьте метки в `on` или напишите group_left или group_right
query-same-labels = у нескольких результатов одинаковые метки { $labels }; оставьте метки, которые их различают, или агрегируйте
query-over-subquery = { $function }() от подзапроса не поддерживается; возьмите метрику
query-subquery = подзапрос `{ $subquery }` не поддерживается; возьмите промежуток простой метрики
query-subqueries = подзапросы не поддерживаются; запросите промежуток простой метрики
query-argument = аргумент { $number } у { $function }() не подходит
query-function = функция { $function }() не поддерживается; можно rate, increase, delta, irate, deriv, predict_linear, changes, resets, *_over_time, abs, ceil, floor, round, clamp*, absent, scalar, vector, time, label_replace, histogram_quantile
query-aggregation = агрегация `{ $word }` не поддерживается; можно sum, avg, min, max, count, group, stddev, stdvar или quantile
query-quantile = для quantile нужно число от 0 до 1
query-replace-pattern = label_replace: «{ $pattern }» — не регулярное выражение
query-label-name = «{ $name }» не может быть именем метки
query-bare-range = у промежутка вида `metric[5m]` нет одного значения; возьмите его в функцию, например rate()
query-bare-text = у текста нет значения; напишите выражение, которое даёт числа
query-extension = расширения PromQL не поддерживаются
query-modifier = модификатор `@` не поддерживается; используйте `offset`
query-or = `or` внутри фигурных скобок — не PromQL; используйте регулярное выражение
query-empty-range = промежуток должен быть длиннее нуля
query-fill = `fill` не поддерживается; используйте `or` со значением по умолчанию
query-operator = оператор `{ $word }` не поддерживается
query-comparison = для сравнения двух чисел нужно `bool`
query-no-selector = { $text } — не отбор вида up{"{"}job="x"{"}"}
check-url-port = порт в адресе не от 1 до 65535
    .help = исправьте число после двоеточия: http://127.0.0.1:9100
