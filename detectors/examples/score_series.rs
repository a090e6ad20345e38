//! Scores `timestamp,value` files with the shipped outlier configuration.
//!
//! `score_series OUT_DIR IN_DIR`: every CSV below IN_DIR is written below OUT_DIR under the same
//! relative name, as `timestamp,value,anomaly_score,alarm,level`. A third argument, `gaussian` or
//! `robust_z`, scores with a simple baseline instead, for comparison.

use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use detectors::outlier::{Config, Scored, State};

/// What scores a series, one point at a time.
enum Scorer {
    Shipped(Box<State>, Config),
    /// Tail probability under a normal distribution fitted to the last points.
    Gaussian(Vec<f64>),
    /// Distance from the median of the last points in units of their quartile range.
    RobustZ(Vec<f64>),
}

impl Scorer {
    fn named(name: &str) -> io::Result<Self> {
        match name {
            "shipped" => Ok(Self::Shipped(Box::default(), Config::default())),
            "gaussian" => Ok(Self::Gaussian(Vec::new())),
            "robust_z" => Ok(Self::RobustZ(Vec::new())),
            _ => Err(io::Error::other("the method must be shipped, gaussian or robust_z")),
        }
    }

    fn score(&mut self, at_ms: i64, value: f64) -> Scored {
        match self {
            Self::Shipped(state, config) => state.score(config, at_ms, value),
            Self::Gaussian(past) => {
                plain(windowed(past, 6400, value, |past| gaussian(past, value)))
            }
            Self::RobustZ(past) => plain(windowed(past, 1000, value, |past| robust_z(past, value))),
        }
    }
}

fn plain(score: f64) -> Scored {
    Scored { score, alarm: score >= 0.5, level: score }
}

fn windowed(past: &mut Vec<f64>, most: usize, value: f64, score: impl Fn(&[f64]) -> f64) -> f64 {
    let result = if past.len() < 30 { 0.0 } else { score(past) };
    if past.len() >= most {
        past.remove(0);
    }
    past.push(value);
    result
}

fn gaussian(past: &[f64], value: f64) -> f64 {
    let count = f64::from(u32::try_from(past.len()).unwrap_or(u32::MAX));
    let mean = past.iter().sum::<f64>() / count;
    let variance = past.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    let z = (value - mean).abs() / variance.sqrt().max(1e-6);
    // As a logarithm: probabilities next to 1 would all look alike.
    let rarity = -statrs::function::erf::erfc(z / std::f64::consts::SQRT_2).max(1e-300).log10();
    rarity / (rarity + 10.0)
}

fn robust_z(past: &[f64], value: f64) -> f64 {
    let mut sorted = past.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: usize| sorted.get(sorted.len() * share / 4).copied().unwrap_or(0.0);
    let z = (value - at(2)).abs() / (at(3) - at(1)).max(1e-6);
    z / (z + 10.0)
}

/// `YYYY-MM-DD HH:MM:SS` as Unix milliseconds, taken as UTC.
fn time_ms(text: &str) -> Option<i64> {
    let mut numbers = text
        .split(['-', ' ', 'T', ':'])
        .map(|part| part.split('.').next().and_then(|whole| whole.parse::<i64>().ok()));
    let mut next = || numbers.next().flatten();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second) = (next()?, next()?, next().unwrap_or(0));
    // Days since 1970 by Hinnant's civil-from-days, year starting in March.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000)
}

fn files(below: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(below)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "csv") {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

fn score_file(from: &Path, to: &Path, method: &str) -> io::Result<usize> {
    let mut scorer = Scorer::named(method)?;
    let text = fs::read_to_string(from)?;
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut out = BufWriter::new(fs::File::create(to)?);
    writeln!(out, "timestamp,value,anomaly_score,alarm,level")?;
    let mut count = 0;
    for line in text.lines().skip(1) {
        let Some((time, number)) = line.split_once(',') else { continue };
        let value: f64 = number.trim().parse().unwrap_or(f64::NAN);
        let Some(at_ms) = time_ms(time) else {
            return Err(io::Error::other(format!(
                "cannot read the time {time} in {}",
                from.display()
            )));
        };
        let scored = scorer.score(at_ms, value);
        let (score, level, alarm) = (scored.score, scored.level, u8::from(scored.alarm));
        writeln!(out, "{time},{number},{score:.6},{alarm},{level:.6}")?;
        count += 1;
    }
    out.flush()?;
    Ok(count)
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (out, from, method) = match arguments.as_slice() {
        [out, from] => (out, from, "shipped"),
        [out, from, method] => (out, from, method.as_str()),
        _ => return Err(io::Error::other("usage: score_series OUT_DIR IN_DIR [METHOD]")),
    };
    let mut found = Vec::new();
    files(Path::new(from), &mut found)?;
    let mut points = 0;
    for path in &found {
        let relative = path.strip_prefix(from).map_err(io::Error::other)?;
        points += score_file(path, &Path::new(out).join(relative), method)?;
    }
    writeln!(io::stdout(), "{} files, {points} points", found.len())
}
