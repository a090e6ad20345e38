//! Words that say nothing about a failure. Fillers vanish before phrases are read; stop stems stay
//! in phrases («не», «нет», «без», «как») but do not count towards likeness.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::stem::stem;

const FILLERS: &str = "\
а в во на с со к ко у о об от до из за для по под над при про и или но да же ли бы то это этот эта \
эти этого этой этом что чтобы который которая которое которые которого я мы вы он она они оно меня \
мне мной нас нам нами вас вам его ее их ему ей им свой своя свое свои моего моей мой моя мое мои \
наш наша наше наши нашего нашей нашем ваш ваша ваши был была было были есть будет очень вообще \
совсем никак просто тоже опять снова еще уже там тут здесь так вот ну просто пожалуйста плиз \
сегодня вчера сейчас утра утром днем вечером часов время примерно около почти том тем той также \
если когда тогда потом после перед через между \
либо даже лишь только именно однако поэтому потому так-то раз рф г т д п е др пр \
the a an of in on at to for from by with and or but is are was were be been it its this that these \
those i we you he she they me us my our your their his her them as so very just also again still \
please pls there here has have had do does did am will would can could should since while during";

const STOP: &str = "\
все всё всех всем весь вся всего не нет без как где почему зачем сколько могу может можем можно нельзя мочь надо нужно нужен нужна \
добрый доброе добрая день утро вечер здравствуйте коллега коллеги уважаемый уважаемая спасибо \
просьба прошу помочь помогите срочно скриншот скрин вложение прилагаю уважение разобраться \
техподдержка клиент абонент пользователь проблема вопрос \
not no none without how why where when what hello hi dear team regards thanks thank urgent help \
screenshot attached attachment problem issue user customer";

static FILLER_SET: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| FILLERS.split_whitespace().collect());
static STOP_STEMS: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| STOP.split_whitespace().map(|w| stem(&super::tokens::fold(w))).collect());

/// Whether a folded word is left out before phrases are read.
pub(crate) fn is_filler(word: &str) -> bool {
    // The longest filler has eight letters: spare the search for the others.
    word.len() <= 16 && FILLER_SET.contains(word)
}

/// Whether a stem does not count towards likeness.
pub(crate) fn is_stop_stem(stem: &str) -> bool {
    stem.chars().nth(1).is_none() || STOP_STEMS.contains(stem)
}
