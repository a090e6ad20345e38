//! Tasks by name: one that ends before it was told to ends the process, because a watch that has lost a part of
//! itself must not look alive; a supervisor starts it again. Sources and channels can be started and stopped by
//! name while the rest goes on.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A task that can be stopped by itself.
#[derive(Debug)]
struct Named {
    /// What it was started with.
    settings: Box<dyn Any + Send>,
    stop: CancellationToken,
}

/// Owns the tasks.
#[derive(Clone, Debug)]
pub(super) struct Supervisor {
    tasks: TaskTracker,
    stop: CancellationToken,
    fallen: mpsc::Sender<String>,
    /// Tasks that can be stopped one by one, with what they were started with.
    named: Arc<Mutex<BTreeMap<String, Named>>>,
}

/// Says which task has fallen.
pub(super) type Fallen = mpsc::Receiver<String>;

impl Supervisor {
    pub(super) fn new() -> (Self, Fallen) {
        let (fallen, receiver) = mpsc::channel(1);
        let named = Arc::default();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        (Self { tasks, stop, fallen, named }, receiver)
    }

    /// Cancelled when everything is to stop.
    pub(super) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task that must last until the stop.
    pub(super) fn spawn<F>(&self, name: impl Into<String>, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.spawn_until(name.into(), self.stop.clone(), task);
    }

    /// Starts a task under a name of its own, or starts it again with other settings: the one that is there under
    /// the name with the same settings goes on as it is.
    pub(super) fn keep<S, F>(
        &self,
        name: &str,
        settings: S,
        task: impl FnOnce(CancellationToken) -> F,
    ) where
        S: PartialEq + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = named.get(name) {
            if known.settings.downcast_ref::<S>() == Some(&settings) {
                return;
            }
            known.stop.cancel();
        }
        let stop = self.stop.child_token();
        let settings = Box::new(settings);
        named.insert(name.to_owned(), Named { settings, stop: stop.clone() });
        self.spawn_until(name.to_owned(), stop.clone(), task(stop));
    }

    /// Stops every named task that is not wanted any more; returns their names.
    pub(super) fn retain(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<String> = named.keys().filter(|name| !is_wanted(name)).cloned().collect();
        for name in &gone {
            if let Some(known) = named.remove(name) {
                known.stop.cancel();
            }
        }
        gone
    }

    fn spawn_until<F>(&self, name: String, stop: CancellationToken, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let running = self.tasks.spawn(task);
        let watch = self.clone();
        self.tasks.spawn(async move { watch.until_fallen(name, running, stop).await });
    }

    /// Watches a task that somebody else owns.
    pub(super) fn watch(&self, name: &str, running: JoinHandle<()>, stop: CancellationToken) {
        let (watch, name, ours) = (self.clone(), name.to_owned(), self.stop.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = watch.until_fallen(name, running, stop) => {}
                () = ours.cancelled() => {}
            }
        });
    }

    async fn until_fallen(&self, name: String, running: JoinHandle<()>, stop: CancellationToken) {
        let ended = running.await;
        if stop.is_cancelled() {
            return;
        }
        let how = match ended {
            Ok(()) => format!("the task «{name}» ended by itself"),
            Err(error) => format!("the task «{name}» failed: {error}"),
        };
        // One is enough to end the process.
        drop(self.fallen.try_send(how));
    }

    /// Ends all tasks and waits for them.
    pub(super) async fn end(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B3: a task that has ended or failed is named; one that was told to end is not.
    #[tokio::test]
    async fn a_fallen_task_is_named_and_a_stopped_one_is_not() {
        let (supervisor, mut fallen) = Supervisor::new();
        let stop = supervisor.stop();
        supervisor.spawn("patient", async move { stop.cancelled().await });
        supervisor.spawn("quitter", async {});
        assert_eq!(fallen.recv().await.unwrap(), "the task «quitter» ended by itself");
        let (supervisor, mut fallen) = Supervisor::new();
        supervisor.spawn("clumsy", async { panic!("a cup fell") });
        let how = fallen.recv().await.unwrap();
        assert!(how.starts_with("the task «clumsy» failed") && how.contains("a cup fell"), "{how}");
        let (supervisor, mut fallen) = Supervisor::new();
        let stop = supervisor.stop();
        supervisor.spawn("patient", async move { stop.cancelled().await });
        supervisor.end().await;
        assert!(fallen.try_recv().is_err());
    }

    #[tokio::test]
    async fn only_what_changed_is_started_again() {
        let (supervisor, mut fallen) = Supervisor::new();
        let (says, mut said) = mpsc::unbounded_channel();
        let keep = |name: &'static str, interval: u32| {
            let says = says.clone();
            supervisor.keep(name, interval, move |stop| async move {
                drop(says.send(format!("{name} {interval}")));
                stop.cancelled().await;
                drop(says.send(format!("{name} {interval} ends")));
            });
        };
        keep("a", 1);
        keep("b", 1);
        keep("a", 1);
        keep("b", 2);
        assert_eq!(supervisor.retain(|name| name == "b"), ["a"]);
        supervisor.end().await;
        let mut all = Vec::new();
        while let Ok(one) = said.try_recv() {
            all.push(one);
        }
        all.sort_unstable();
        assert_eq!(all, ["a 1", "a 1 ends", "b 1", "b 1 ends", "b 2", "b 2 ends"]);
        assert!(fallen.try_recv().is_err(), "what was told to end has not fallen");
    }
}
