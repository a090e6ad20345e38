# Справка команд по-русски: сообщение на команду, `.after` — текст под ней, прочее — её параметры по именам.
# По-английски то же самое написано в коде команд (src/cli); проверка в src/cli/help.rs сличает одно с другим.

help-everywhere =
    .help = Показать эту справку
    .version = Показать версию
    .format = Как выводить: text для людей, json для программ
    .language = Язык, ru или en; если не указан, то из окружения (LC_ALL, LC_MESSAGES, LANG). Тексты внутри JSON английские, пока язык не указан

help-help = Показать справку по команде

help-vakhta = Следит за системами, замечает сбои рано, собирает их в проблемы, называет причину и сообщает людям
    .after =
        Без команды запускается наблюдение, как `vakhta run`.

        Примеры:
          vakhta                                   следить за этой машиной, страница на 127.0.0.1:8480
          vakhta init site --postgres postgres://vakhta@db1:5432/crm
          vakhta check site/vakhta.yaml            все ошибки сразу, каждая с местом
          vakhta run --config site/vakhta.yaml
          vakhta explain PRB-000001                почему собрано именно так, словами

        Коды возврата: 0 сделано; 1 ошибка в работе; 2 ошибка в командной строке или настройках.

help-run = Запустить наблюдение
    .config = Главный файл настроек; без него наблюдение идёт за этой машиной
    .data = Папка для хранилища [по умолчанию: vakhta-data]
    .listen = Адрес, на котором принимать подключения, вместо указанного в настройках
    .skip_unreadable = Пропустить события журнала, которые не читаются; без этого запуск на них остановится
    .after =
        Примеры:
          vakhta run                                        только эта машина, без настроек
          vakhta run --config site/vakhta.yaml --data /var/lib/vakhta

        Сигналы: SIGTERM и SIGINT останавливают с сохранением; по SIGHUP настройки читаются заново, а если в них
        ошибка, остаются прежние.

help-init = Создать настройки с пояснениями, готовые к работе с тем, что названо
    .dir = Папка, куда записать; создаётся, если её нет, файлы в ней не перезаписываются
    .postgres = Сервер PostgreSQL: postgres://пользователь@узел:порт/база; можно указать несколько раз
    .elasticsearch = Узел Elasticsearch или OpenSearch; несколько — узлы одного кластера
    .prometheus = Адрес с метриками Prometheus, вместе с путём; можно указать несколько раз
    .otrs = Веб-сервис REST в ОТРС или Znuny
    .alertmanager = Alertmanager; несколько образуют один кластер
    .after =
        Пароли в настройки не попадают: в них названы файлы или переменные окружения.

        Пример:
          vakhta init site --postgres postgres://vakhta@db1:5432/crm \
            --otrs http://otrs/otrs/nph-genericinterface.pl/Webservice/GenericTicketConnectorREST \
            --alertmanager http://127.0.0.1:9093

help-check = Проверить настройки, наборы правил, схему систем и политики: все ошибки сразу, каждая с местом
    .file = Главный файл настроек; без него проверяется то, что входит в поставку
    .after =
        Примеры:
          vakhta check                          то, что входит в поставку, вместе с проверками всех правил
          vakhta check site/vakhta.yaml         настройки, наборы правил, схема систем, политики
          vakhta check site/vakhta.yaml --format json

        Коды возврата: 0 ошибок нет; 2 ошибки есть.

help-explain = Объяснить словами, почему проблема или инцидент собраны именно так
    .id = Номер проблемы или инцидента, `ticket:НОМЕР`, `alert:ИСТОЧНИК/НОМЕР` или ключ срабатывания
    .data = Папка данных Вахты; сама Вахта может работать
    .after =
        Примеры:
          vakhta explain PRB-000001
          vakhta explain ticket:4711 --language en

help-token = Дать доступ программам и людям
    .after =
        Примеры:
          vakhta token add grafana --role viewer     токен для программы, показывается один раз
          vakhta token link ivanova --role duty      ссылка, по которой можно войти один раз

help-token-add = Создать токен для программы; показывается один раз
    .name = Имя, которое видно в истории; с ним пользователи входят
    .role = viewer, line1, line2, duty, problem-manager или admin
    .team = Первая часть очередей, за которыми смотрит 2-я или 3-я линия: 2ЛТП
    .data = Папка данных Вахты
    .page = Адрес страницы для ссылки [по умолчанию: тот, который Вахта назвала последним]
    .after =
        Пример:
          vakhta token add grafana --role viewer

help-token-link = Создать ссылку, по которой человек войдёт один раз в течение часа
    .name = Имя, которое видно в истории; с ним пользователи входят
    .role = viewer, line1, line2, duty, problem-manager или admin
    .team = Первая часть очередей, за которыми смотрит 2-я или 3-я линия: 2ЛТП
    .data = Папка данных Вахты
    .page = Адрес страницы для ссылки [по умолчанию: тот, который Вахта назвала последним]
    .after =
        Пример:
          vakhta token link ivanova --role duty

help-token-wall = Создать ссылку для экрана на стене: показывает стену с одного адреса, пока нужно
    .name = Имя, которое видно в списках
    .address = Адрес экрана, как его видит Вахта; другим адресам отказано
    .data = Папка данных Вахты
    .page = Адрес страницы для ссылки [по умолчанию: тот, который Вахта назвала последним]
    .after =
        Пример:
          vakhta token wall shift-room --address 10.1.2.3

help-token-list = Показать действующие токены и сеансы, без того, чем они открываются
    .data = Папка данных Вахты

help-token-revoke = Отозвать токен или завершить сеанс
    .hash = Начало его отпечатка из `vakhta token list`, не меньше восьми знаков
    .data = Папка данных Вахты
    .after =
        Пример:
          vakhta token revoke 1f0c9a3e

help-user = Люди, которые входят по имени и паролю
help-user-add = Добавить человека или сменить ему пароль. Пароль — первая строка стандартного ввода; в терминале он создаётся сам и показывается один раз
    .name = Имя, которое видно в истории; с ним пользователи входят
    .role = viewer, line1, line2, duty, problem-manager или admin
    .team = Первая часть очередей, за которыми смотрит 2-я или 3-я линия: 2ЛТП
    .data = Папка данных Вахты
    .after =
        Примеры:
          vakhta user add ivanova --role duty
          vakhta user add petrov --role line2 --team 2ЛТП < password.txt

help-user-list = Показать пользователей
    .data = Папка данных Вахты

help-user-disable = Закрыть человеку вход; его сеансы завершатся
    .name = Имя, с которым входят
    .data = Папка данных Вахты

help-user-enable = Снова открыть человеку вход
    .name = Имя, с которым входят
    .data = Папка данных Вахты

help-user-role = Дать человеку другую роль; его сеансы завершатся
    .name = Имя, которое видно в истории; с ним пользователи входят
    .role = viewer, line1, line2, duty, problem-manager или admin
    .team = Первая часть очередей, за которыми смотрит 2-я или 3-я линия: 2ЛТП
    .data = Папка данных Вахты

help-user-totp = Включить человеку вход по коду: один раз показывает адрес для приложения с кодами
    .name = Имя, с которым входят
    .data = Папка данных Вахты

help-backup = Скопировать всё, что хранится, не останавливая наблюдения
    .to = Файл, куда записать; его ещё не должно быть
    .data = Папка данных Вахты
    .after =
        Пример:
          vakhta backup /backup/vakhta-2026-11-29.sqlite --data /var/lib/vakhta

        Вахта может работать: копия цельная, на один момент времени.

help-restore = Восстановить копию; Вахта должна быть остановлена
    .from = Файл копии
    .data = Папка данных Вахты
    .after =
        Пример:
          systemctl stop vakhta
          vakhta restore /backup/vakhta-2026-11-29.sqlite --data /var/lib/vakhta
          systemctl start vakhta

        То, что было в папке, останется рядом под другим именем.

help-doctor = Проверить всё, что нужно для работы, и подсказать, как исправить
    .file = Главный файл настроек; без него только эта машина
    .data = Папка данных Вахты
    .alive = Только спросить работающую Вахту, отвечает ли она и её ядро
    .after =
        Примеры:
          vakhta doctor                         эта машина и папка данных
          vakhta doctor site/vakhta.yaml        источники, ОТРС, Alertmanager, часы, диск, права
          vakhta doctor --alive http://127.0.0.1:8480

        Коды возврата: 0 всё работает, пусть и не в полную силу; 1 что-то не работает; 2 ошибка в настройках.

help-completions = Вывести подсказки для командной оболочки
    .shell = bash, zsh, fish, …
    .after =
        Пример:
          vakhta completions bash > /etc/bash_completion.d/vakhta

help-man = Вывести страницу руководства
    .after =
        Пример:
          vakhta man > /usr/share/man/man1/vakhta.1

help-evaluate = Прогнать записанные данные через тот же код, что работает в наблюдении, и записать, что он решил
    .after =
        Примеры:
          vakhta evaluate series cpu.csv disk.csv --out scored
          vakhta evaluate storm storms/1 --out prediction.json

help-evaluate-series = Прогнать файлы `timestamp,value` через поиск выбросов
    .files = Файлы CSV
    .out = Папка, куда записать; относительные имена сохраняются
    .after =
        Записывает timestamp,value,anomaly_score,alarm,level под теми же относительными именами.

        Пример:
          vakhta evaluate series data/*.csv --out scored

help-evaluate-storm = Прогнать шквал оповещений и обращений через группировку
    .dir = Папка с `topology.json` и `events.jsonl`
    .out = Файл, куда записать
    .after =
        Записывает {"{"}"assign": {"{"}событие: группа{"}"}, "ranking": {"{"}группа: [система, …]{"}"}{"}"}.

        Пример:
          vakhta evaluate storm storms/1 --out prediction.json

help-openapi = Вывести описание интерфейса REST в формате OpenAPI
    .after =
        Пример:
          vakhta openapi > openapi.json
