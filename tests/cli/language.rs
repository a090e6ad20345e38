//! The command line in Russian: `--language`, the environment, errors, help, what clap refuses.

use std::path::Path;
use std::process::Output;

use super::{text, vakhta, vakhta_in};

const RUSSIAN: [(&str, &str); 1] = [("LANG", "ru_RU.UTF-8")];

fn russian(arguments: &[&str], folder: &Path) -> Output {
    vakhta_in(&RUSSIAN, arguments, folder)
}

/// A site of one file, checked in Russian: what is said.
fn checked(site: &[u8], folder: &Path) -> String {
    std::fs::write(folder.join("vakhta.yaml"), site).unwrap();
    let output = russian(&["check", "vakhta.yaml"], folder);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    text(&output.stderr)
}

#[test]
fn the_option_decides_then_the_environment_then_it_is_english() {
    let folder = tempfile::tempdir().unwrap();
    let check = |environment: &[(&str, &str)], more: &[&str], expected: &str| {
        let arguments = [&["check"], more].concat();
        let output = vakhta_in(environment, &arguments, folder.path());
        let said = text(&output.stdout);
        assert!(said.starts_with(expected), "{environment:?} {more:?}: {said}");
    };
    check(&[], &[], "ok: ");
    check(&RUSSIAN, &[], "в порядке: ");
    check(&[("LANG", "ru_RU.UTF-8"), ("LC_ALL", "C")], &[], "ok: ");
    check(&[], &["--language", "ru"], "в порядке: ");
    check(&RUSSIAN, &["--language=en"], "ok: ");
    // As `explain` had it.
    check(&[], &["--lang", "ru"], "в порядке: ");
    let wrong = vakhta(&["--language", "de", "check"], folder.path());
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stderr));
}

#[test]
fn ten_errors_are_told_in_russian_with_their_places_and_remedies() {
    let folder = tempfile::tempdir().unwrap();
    let site = "listen: localhost\n\
                page_url: ftp://vakhta\n\
                langauge: ru\n\
                policies: policies.yaml\n\
                collect:\n\
                \x20 postgres:\n\
                \x20   - name: db1\n\
                \x20     url: postgres://vakhta:secret@db1/crm\n\
                \x20     interval: 10\n\
                \x20     system: crm-bd\n\
                \x20     password_file: nowhere\n\
                \x20   - name: db1\n\
                \x20     url: postgres://db2/crm\n\
                lifecycle:\n\
                \x20 close_after: [1]\n";
    let policies = "policies:\n  - name: all\n    from_severity: bad\n";
    std::fs::write(folder.path().join("policies.yaml"), policies).unwrap();
    let said = checked(site.as_bytes(), folder.path());
    let expected = [
        (
            "нужно одно из слов: info, warning, high, critical, а здесь «bad»",
            "policies.yaml:3:20",
            "например, напишите `info`",
        ),
        ("на `localhost` принимать подключения нельзя", "vakhta.yaml:1:9", "укажите адрес и порт"),
        (
            "нужен адрес http:// или https://, а здесь «ftp://vakhta»",
            "vakhta.yaml:2:11",
            "`http://127.0.0.1:9100`",
        ),
        ("неизвестный ключ `langauge`", "vakhta.yaml:3:1", "может быть, `language`?"),
        ("паролю не место в адресе", "vakhta.yaml:8:12", "пароль отдельно"),
        ("нужна длительность с единицей", "vakhta.yaml:9:17", "`interval: 30s`"),
        ("системы `crm-bd` нет в topology", "vakhta.yaml:10:15", "может быть, `crm-db`?"),
        (
            "не удалось прочитать файл с паролем nowhere: нет такого файла или папки",
            "vakhta.yaml:11:22",
            "создайте файл",
        ),
        ("источник postgres с именем `db1` уже есть", "vakhta.yaml:12:7", "своё имя"),
        (
            "нужна длительность с единицей (ms, s, m, h, d), а здесь список",
            "vakhta.yaml:15:16",
            "`close_after: 30s`",
        ),
    ];
    let errors: Vec<&str> = said.split("\n\n").collect();
    assert_eq!(errors.len(), expected.len() + 1, "{said}");
    for (error, (what, place, help)) in errors.iter().zip(expected) {
        assert!(error.starts_with(&format!("ошибка: {what}")), "{what}: {error}");
        assert!(error.contains(&format!("--> {place}\n")), "{place}: {error}");
        let remedy = error.lines().last().unwrap();
        assert!(remedy.starts_with("  что делать: ") && remedy.contains(help), "{help}: {error}");
    }
    assert_eq!(errors.last().unwrap().trim(), "10 ошибок");
    // Programs get English until they ask for Russian.
    let json = |more: &[&str]| {
        let arguments = [&["check", "vakhta.yaml", "--format", "json"], more].concat();
        let output = russian(&arguments, folder.path());
        let parsed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        parsed["errors"][3].clone()
    };
    assert_eq!(json(&[])["message"], "unknown key `langauge`");
    assert_eq!(json(&[])["help"], "did you mean `language`?");
    assert_eq!(json(&["--language", "ru"])["message"], "неизвестный ключ `langauge`");
    assert_eq!(json(&["--language", "ru"])["line"], 3);
}

/// The parser's own words are for programmers; each kind of mistake has ours, at its place.
#[test]
fn yaml_is_explained_in_our_words() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("collect:\n  host: []\ncollect: {}\n", "ключ `collect` указан дважды", "3:1"),
        ("listen: x\n\tlanguage: ru\n", "табуляция там, где в YAML нужны пробелы", "2:1"),
        ("a:\n  b: 1\n c: 2\n", "отступ не сходится", "3:2"),
        ("a: \"x\nb: 1\n", "кавычка не закрыта", "1:4"),
        ("a: \"\\d+\"\n", "знак `\\` начинает особый символ", "1:4"),
        ("a: [1, 2\nb: 3\n", "скобка не закрыта", "2:2"),
        ("a: {b: 1\n", "скобка не закрыта", "1:4"),
        ("a: b: c\n", "двоеточие или ключ", "1:5"),
        ("a: @x\n", "с такого знака текст начинаться не может", "1:4"),
        ("a: *x\n", "`*` ссылается на метку, которой нет", "1:4"),
        ("a: 1\n---\nb: 2\n", "несколько документов", "3:1"),
        ("[a]: 1\n", "ключом может быть только слово", "1:1"),
    ];
    let english = regex::Regex::new("[A-Za-z]{3,} [a-z]{3,}").unwrap();
    for (site, what, place) in cases {
        let said = checked(site.as_bytes(), folder.path());
        assert!(
            said.starts_with(&format!("ошибка: {what}")) || said.contains(what),
            "{site}: {said}"
        );
        assert!(said.contains(&format!("--> vakhta.yaml:{place}\n")), "{site}: {said}");
        assert!(said.contains("что делать: "), "{site}: {said}");
        assert!(!english.is_match(&said), "{site}: {said}");
    }
}

#[test]
fn a_file_in_another_encoding_says_so() {
    let folder = tempfile::tempdir().unwrap();
    // «# Настройки» in Windows-1251 on the second line.
    let mut site = b"listen: 127.0.0.1:8480\n# ".to_vec();
    site.extend([0xcd, 0xe0, 0xf1, 0xf2, 0xf0, 0xee, 0xe9, 0xea, 0xe8, b'\n']);
    let said = checked(&site, folder.path());
    assert!(said.contains("файл не в UTF-8, скорее всего в WINDOWS-1251"), "{said}");
    assert!(said.contains("--> vakhta.yaml:2:3\n"), "{said}");
    assert!(said.contains("iconv -f WINDOWS-1251 -t UTF-8 vakhta.yaml"), "{said}");
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain("listen: x".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let said = checked(&utf16, folder.path());
    assert!(said.contains("iconv -f UTF-16 -t UTF-8"), "{said}");
}

/// What only follows from a file that is not there is not said.
#[test]
fn a_missing_topology_is_the_one_error() {
    let folder = tempfile::tempdir().unwrap();
    let policies = "policies:\n  - name: all\n    systems: [crm-db, wfm]\n    alert: {}\n";
    std::fs::write(folder.path().join("policies.yaml"), policies).unwrap();
    let site = "topology: nowhere.yaml\npolicies: policies.yaml\ncollect:\n  host:\n    - {name: a, system: crm-app}\n";
    let said = checked(site.as_bytes(), folder.path());
    assert!(
        said.starts_with("ошибка: не удалось прочитать файл: нет такого файла или папки"),
        "{said}"
    );
    assert!(said.contains("--> nowhere.yaml\n") && said.ends_with("1 ошибка\n"), "{said}");
    // Nor what follows from one that lists nothing.
    std::fs::write(folder.path().join("topology.yaml"), "systems: crm\n").unwrap();
    let said = checked(site.replace("nowhere", "topology").as_bytes(), folder.path());
    assert!(said.starts_with("ошибка: нужен список систем, а здесь «crm»"), "{said}");
    assert!(said.ends_with("1 ошибка\n"), "{said}");
    // Beside other errors it stands first.
    let said = checked(format!("{site}langauge: ru\n").as_bytes(), folder.path());
    assert!(said.starts_with("ошибка: не удалось прочитать файл"), "{said}");
    assert!(said.ends_with("2 ошибки\n"), "{said}");
}

#[test]
fn a_test_of_a_rule_that_does_not_hold_has_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("packs")).unwrap();
    let pack = "pack: own\nsource: prometheus\nrules:\n  - id: queue-long\n    expr: app_queue\n    role: cause\n    \
                impact: slow\n    threshold: {raise: {high: 10}}\n    title: {ru: Очередь, en: Queue}\n    \
                advice: {ru: Ждать, en: Wait}\n    runbook: docs/x.md#queue\n    tests:\n      - name: grows\n        \
                interval: 10s\n        series: {'app_queue{instance=\"a\"}': '5 50'}\n        expect:\n          \
                - {at: 10s, findings: [{severity: critical}]}\n";
    std::fs::write(folder.path().join("packs/own.yaml"), pack).unwrap();
    let site = "packs: packs\ncollect:\n  host:\n    - {name: a}\n";
    let said = checked(site.as_bytes(), folder.path());
    let expected = "ошибка: правило queue-long: проверка «grows»: на 10-й секунде ожидалось: critical, получено: high\n";
    assert!(said.starts_with(expected), "{said}");
    assert!(said.contains("--> packs/own.yaml:13:9\n"), "{said}");
    let broken = pack.replace("expr: app_queue", "expr: topk(3, app_queue)");
    std::fs::write(folder.path().join("packs/own.yaml"), broken).unwrap();
    let said = checked(site.as_bytes(), folder.path());
    assert!(said.contains("агрегация `topk` не поддерживается"), "{said}");
    assert!(said.contains("что делать: исправьте выражение PromQL, столбец 1"), "{said}");
}

#[test]
fn doubts_and_notes_are_told_in_russian() {
    let folder = tempfile::tempdir().unwrap();
    let said = checked(b"", folder.path());
    assert!(said.starts_with("ошибка: не за чем следить"), "{said}");
    let policies = "policies:\n  - name: all\n    ticket: {}\n";
    std::fs::write(folder.path().join("policies.yaml"), policies).unwrap();
    let site = "policies: policies.yaml\ncollect:\n  host:\n    - {name: a}\n";
    std::fs::write(folder.path().join("vakhta.yaml"), site).unwrap();
    let said = text(&russian(&["check", "vakhta.yaml"], folder.path()).stdout);
    assert!(said.starts_with("примечание: политика all открывает тикеты"), "{said}");
    assert!(said.contains("1 источник, 1 политика\n"), "{said}");
}

/// Each command answers `--help` in the language that was asked for, wherever it was asked.
#[test]
fn help_obeys_the_language() {
    let folder = tempfile::tempdir().unwrap();
    let commands = [
        "",
        "run",
        "init",
        "check",
        "explain",
        "token",
        "token add",
        "token link",
        "token wall",
        "token list",
        "token revoke",
        "user",
        "user add",
        "user list",
        "user disable",
        "user enable",
        "user role",
        "user totp",
        "backup",
        "restore",
        "doctor",
        "completions",
        "man",
        "evaluate",
        "evaluate series",
        "evaluate storm",
        "openapi",
    ];
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        for more in [&["--help"][..], &["-h"]] {
            let arguments = [words.as_slice(), more].concat();
            let output = russian(&arguments, folder.path());
            let help = text(&output.stdout);
            assert!(
                output.status.success() && help.contains("Использование: vakhta"),
                "{command}: {help}"
            );
            assert!(
                help.contains("Показать эту справку") && !help.contains("Usage"),
                "{command}: {help}"
            );
            let arguments = [&["--language", "en"], arguments.as_slice()].concat();
            let help = text(&russian(&arguments, folder.path()).stdout);
            assert!(
                help.contains("Usage: vakhta") && !help.contains("Показать"),
                "{command}: {help}"
            );
        }
    }
    let page = text(&russian(&["man"], folder.path()).stdout);
    assert!(page.contains("Запустить наблюдение"), "{page}");
    for shell in ["bash", "zsh", "fish"] {
        let output = russian(&["completions", shell], folder.path());
        assert!(output.status.success(), "{shell}");
        // Bash completes words without saying what they do.
        assert!(
            shell == "bash" || text(&output.stdout).contains("Запустить наблюдение"),
            "{shell}"
        );
    }
}

#[test]
fn a_wrong_command_line_is_explained_in_russian() {
    let folder = tempfile::tempdir().unwrap();
    let check = |line: &str, parts: &[&str]| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = russian(&words, folder.path());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        for part in parts {
            assert!(said.contains(part), "{line}: {part} is missing in:\n{said}");
        }
        assert!(!said.contains("error") && !said.contains("Usage"), "{line}: {said}");
    };
    check(
        "fly",
        &["ошибка: неизвестная команда fly", "Использование: vakhta", "Подробнее: vakhta --help"],
    );
    check("chek", &["неизвестная команда chek", "может быть, `check`?"]);
    check("check --formt json", &["неизвестный параметр --formt", "может быть, `--format`?"]);
    check("check --format", &["у --format <FORMAT> нет значения; возможно: text, json"]);
    check(
        "check --format yaml",
        &["«yaml» не подходит для --format <FORMAT>; возможно: text, json"],
    );
    check("check --language de", &["«de» не подходит для --language <LANGUAGE>; возможно: ru, en"]);
    check("token add x", &["не указано: --role <ROLE>"]);
    check("token add x --role king", &["«king» не подходит", "problem-manager"]);
    check("token wall x --address nowhere", &["«nowhere» не подходит для --address <ADDRESS>"]);
    check("check a b", &["лишний аргумент b"]);
    check("explain", &["не указано: <ID>"]);
    check("explain a --data x --data y", &["--data <DATA> указан дважды"]);
    check("token", &["Использование: vakhta token [ПАРАМЕТРЫ] <КОМАНДА>", "Команды:"]);
}

/// What the other commands say, and that none of it is English.
#[test]
fn the_other_commands_speak_russian() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = russian(arguments, folder.path());
        format!("{}{}", text(&output.stdout), text(&output.stderr))
    };
    let check = |arguments: &[&str], expected: &str| {
        let said = said(arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    };
    check(
        &["explain", "PRB-000042"],
        "объяснить PRB-000042 не удалось: файла vakhta-data/vakhta.sqlite нет",
    );
    check(
        &["backup", "copy"],
        "файла vakhta-data/vakhta.sqlite нет; укажите папку данных в --data",
    );
    check(&["token", "add", "x", "--role", "line2"], "для line2 нужна --team");
    check(
        &["token", "add", "grafana", "--role", "viewer"],
        "создан заново; та ли папка указана в --data?",
    );
    check(&["token", "list"], "не использован");
    check(&["token", "revoke", "00000000"], "нет токена, который начинается с 00000000");
    check(&["user", "disable", "nobody"], "пользователя nobody нет");
    check(&["user", "add", "anna", "--role", "duty"], "пароль слишком короткий: нужно не меньше");
    check(&["explain", "PRB-000042"], "ничего с номером PRB-000042 не найдено");
    check(&["backup", "copy"], "копия прочитана и исправна");
    check(&["backup", "copy"], "файл copy уже есть; укажите другой");
    check(&["restore", "copy"], "восстановлен; прежний сохранён: ");
    std::fs::write(folder.path().join("text"), "no store").unwrap();
    check(
        &["restore", "text"],
        "файл text не подходит: это не хранилище Вахты; возьмите другую копию",
    );
    check(
        &["doctor", "--alive", "http://127.0.0.1:1"],
        "не отвечает: подключение не принимают; запущена ли Вахта?",
    );
    check(&["doctor"], "норма");
    check(
        &["init", "site", "--postgres", "postgres://u@db/crm"],
        "дальше:\n  в каждом PostgreSQL:",
    );
    check(&["init", "site"], "файл site/vakhta.yaml уже есть; выберите другую папку");
    check(
        &["evaluate", "series", "nowhere.csv", "--out", "o"],
        "не удалось прочитать nowhere.csv: нет такого файла",
    );
    check(
        &["run", "--config", "nowhere.yaml"],
        "ошибка: не удалось прочитать файл: нет такого файла или папки",
    );
    check(&["run", "--listen", "256.0.0.1:1"], "не удалось открыть адрес 256.0.0.1:1");
}
