//! How bad a case is: the worst that monitoring says now, raised by the users who suffer, by the branches
//! they are in and by what they feel.

use crate::correlate::Cluster;
use crate::model::{Impact, Severity};

/// Users from which a case is one step worse than monitoring alone says, two steps, three.
const USERS: [u32; 3] = [5, 15, 50];
/// Branches from which it is one step worse still.
const BRANCHES: u32 = 3;

/// The severity of a cluster now, and whether it only says that sources cannot be seen. `None` while nothing
/// speaks.
pub(super) fn severity(cluster: &Cluster) -> (Option<Severity>, bool) {
    let totals = cluster.present();
    let users = totals.suffering.len();
    let evidence = totals.keeping.last();
    let blind = evidence.is_some() && totals.blind == totals.keeping.total() && users < USERS[0];
    if let (Some(evidence), true) = (evidence, blind) {
        // Not seeing is never worse than users who suffer.
        return (Some(evidence.min(Severity::High)), true);
    }
    let steps = steps(users, totals.mrfs.len(), mostly_felt(cluster));
    let severity = match evidence {
        Some(evidence) => Some(raised(evidence, steps)),
        // Tickets alone: a mass incident is a warning, and worse with each step beyond it.
        None if users > 0 => Some(raised(Severity::Warning, steps.saturating_sub(1))),
        None => totals.lasting.last(),
    };
    (severity, false)
}

fn steps(users: u32, branches: u32, felt: Option<Impact>) -> u32 {
    let by_users = USERS.iter().filter(|least| users >= **least).count();
    let mut steps = u32::try_from(by_users).unwrap_or(0);
    if steps == 0 {
        return 0;
    }
    steps += u32::from(branches >= BRANCHES);
    match felt {
        Some(Impact::Down) => steps + 1,
        Some(Impact::Stale | Impact::Unfelt) => steps.saturating_sub(1),
        _ => steps,
    }
}

fn mostly_felt(cluster: &Cluster) -> Option<Impact> {
    let felt = cluster.present().felt.iter();
    felt.max_by_key(|(impact, count)| (*count, *impact)).map(|(impact, _)| impact)
}

fn raised(severity: Severity, steps: u32) -> Severity {
    let ladder = Severity::ALL.into_iter().skip_while(|rung| *rung < severity);
    let steps = usize::try_from(steps).unwrap_or(usize::MAX);
    ladder.take(steps.saturating_add(1)).last().unwrap_or(Severity::Critical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_with_users_branches_and_what_is_felt() {
        assert_eq!(steps(4, 8, Some(Impact::Down)), 0);
        assert_eq!(steps(5, 1, Some(Impact::Slow)), 1);
        assert_eq!(steps(15, 1, Some(Impact::Slow)), 2);
        assert_eq!(steps(15, 5, Some(Impact::Errors)), 3);
        assert_eq!(steps(15, 1, Some(Impact::Stale)), 1);
        assert_eq!(steps(50, 1, Some(Impact::Down)), 4);
        assert_eq!(raised(Severity::Warning, 2), Severity::Critical);
        assert_eq!(raised(Severity::High, 9), Severity::Critical);
        // Tickets alone reach critical: fifteen users in three branches who cannot work at all.
        let alone = |users, branches, felt| {
            raised(Severity::Warning, steps(users, branches, Some(felt)) - 1)
        };
        assert_eq!(alone(5, 1, Impact::Slow), Severity::Warning);
        assert_eq!(alone(15, 3, Impact::Errors), Severity::Critical);
        assert_eq!(alone(50, 8, Impact::Slow), Severity::Critical);
        assert_eq!(raised(Severity::Info, 0), Severity::Info);
    }
}
