// Keeps the page true: when a Problem changes, and at least every ten seconds, the main part is
// fetched again. Without this script the page works all the same.
(() => {
  "use strict";
  const main = document.getElementById("main");
  const offline = document.getElementById("offline");
  const live = main && main.dataset.live;
  if (!live) return;
  let waiting = false;
  let stale = false;
  let shown = main.innerHTML;
  // Somebody who types, copies or is about to press must not lose what is under their hand; a hand
  // that has not moved for two minutes is gone, and a wall must not stand still for its sake.
  let touched = 0;
  ["input", "selectionchange", "pointerdown", "keydown"].forEach((what) =>
    document.addEventListener(what, () => { touched = Date.now(); }));
  const busy = () => {
    if (Date.now() - touched > 120000) return false;
    const active = document.activeElement;
    const inForm = main.contains(active) && active.closest("form");
    const typed = [...main.querySelectorAll("input")].some((field) => field.value !== "");
    return inForm || typed || !window.getSelection().isCollapsed;
  };
  async function refresh() {
    if (waiting || busy()) { stale = true; return; }
    waiting = true;
    stale = false;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.status === 401) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      if (fresh.innerHTML !== shown) {
        shown = fresh.innerHTML;
        const folds = new Map([...main.querySelectorAll("details")].map((fold) => [fold.dataset.key, fold.open]));
        fresh.querySelectorAll("details").forEach((fold) => {
          if (folds.has(fold.dataset.key)) fold.open = folds.get(fold.dataset.key);
        });
        main.replaceChildren(...fresh.childNodes);
      }
      offline.hidden = true;
    } catch {
      offline.hidden = false;
    } finally {
      waiting = false;
    }
  }
  let timer = 0;
  const soon = () => { if (!timer) timer = setTimeout(() => { timer = 0; refresh(); }, 300); };
  const events = new EventSource("/api/v1/events");
  events.addEventListener("problem", soon);
  events.addEventListener("reload", soon);
  events.onerror = () => { offline.hidden = false; };
  events.onopen = () => { offline.hidden = true; };
  setInterval(refresh, 10000);
  document.addEventListener("focusout", () => { if (stale) setTimeout(soon, 500); });
})();
