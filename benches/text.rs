//! Tickets a second through masking, stripping, stemming, signs and tagging, on fixed tickets.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vakhta::text::{Signs, Tagger, Words, mask_keyed, strip_boilerplate};

const TICKETS: [(&str, &str); 4] = [
    (
        "Не открывается карточка",
        "Коллеги, добрый день! Карточка клиента не открывается, крутится и выдаёт ошибку 500. \
         Логин a.zimina12, лс 300400500600, МРФ Волга, Самара. С уважением, Зимина А.В.",
    ),
    ("поиск", "поиск ничего не находит по лицевому счёту 300400500601, вчера искалось"),
    (
        "Доступ",
        "Здравствуйте. Прошу предоставить доступ к отчётам для Лапина Марка Ильича, тел. \
         8 921 111 22 33, рабочее место PSK-WS1007. Спасибо.",
    ),
    ("ЕИП", "Заказы уходят с задержкой, ошибка вызова ЕИП, заявка № 7-100200300, началось в 14:35"),
];

#[derive(serde::Deserialize)]
struct System {
    key: String,
    words: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Shipped {
    systems: Vec<System>,
}

#[expect(clippy::expect_used, reason = "a bench may stop at a broken file")]
fn tagger() -> Tagger {
    let yaml = include_str!("../src/topology/shipped.yaml");
    let shipped: Shipped = serde_saphyr::from_str(yaml).expect("the shipped topology is valid");
    let systems: Vec<(String, Vec<String>)> =
        shipped.systems.into_iter().map(|s| (s.key, s.words)).collect();
    Tagger::new(&systems)
}

fn read(tagger: &Tagger, title: &str, body: &str) -> usize {
    let (title, body) = (mask_keyed(title, b"key"), mask_keyed(body, b"key"));
    let (title, body) = (Words::new(&title.text), Words::new(&strip_boilerplate(&body.text)));
    let signs = Signs::new(&title, &body);
    let felt = usize::from(signs.felt().is_some()) + usize::from(signs.request().is_some());
    tagger.tag_words(&title, &body).len() + body.stems().len() + felt
}

fn tickets(criterion: &mut Criterion) {
    let tagger = tagger();
    let mut group = criterion.benchmark_group("text");
    group.throughput(Throughput::Elements(4));
    group.bench_function("read a ticket", |bencher| {
        bencher.iter(|| {
            TICKETS.iter().map(|(t, b)| read(&tagger, black_box(t), black_box(b))).sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, tickets);
criterion_main!(benches);
