// Keeps the page true, and says so when it cannot: the header turns red when the server or its core has not answered for
// fifteen seconds. Without this script the page works all the same.
(() => {
  "use strict";
  const body = document.body;
  const main = document.getElementById("main");
  const status = document.getElementById("status");
  // Where the pages live, whatever stands before them in the address.
  const base = new URL("..", document.currentScript.src);
  const PATIENCE = 5000;
  const STALE = 15000;
  const AGES = 15000;
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };
  body.classList.add("scripted");

  // --- the page is replaced piece by piece: what has not changed keeps its focus, its folds and what was typed
  const key = (node) => (node.nodeType === 1 ? node.dataset.key || node.id || "" : "");
  function morph(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || key(old) !== key(fresh)) {
      old.replaceWith(fresh.cloneNode(true));
      return;
    }
    if (old.nodeType !== 1) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    const own = (name) => name === "open" && old.nodeName === "DETAILS";
    for (const { name, value } of [...fresh.attributes]) {
      if (!own(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      if (!own(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    const keyed = new Map([...old.childNodes].filter(key).map((node) => [key(node), node]));
    let cursor = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const known = keyed.get(key(child));
      if (known && known.parentNode === old) {
        if (known === cursor) cursor = cursor.nextSibling;
        else old.insertBefore(known, cursor);
        morph(known, child);
      } else if (cursor && !key(cursor) && !key(child) && cursor.nodeName === child.nodeName) {
        const next = cursor.nextSibling;
        morph(cursor, child);
        cursor = next;
      } else {
        old.insertBefore(child.cloneNode(true), cursor);
      }
    }
    while (cursor) {
      const next = cursor.nextSibling;
      cursor.remove();
      cursor = next;
    }
  }

  let etag = "";
  let waiting = false;
  let fetched = Date.now();
  const rows = () => new Set([...main.querySelectorAll("[data-case]")].map((row) => row.dataset.case));
  async function refresh() {
    if (waiting || !main.dataset.live) return;
    if (!window.getSelection().isCollapsed && Date.now() - fetched < 120000) return;
    waiting = true;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const headers = { Accept: "text/html", "If-None-Match": etag };
      const answer = await fetch(location.href, { headers, signal: stop.signal });
      if (answer.status === 401) { location.reload(); return; }
      if (answer.status !== 304) {
        if (!answer.ok) throw new Error(String(answer.status));
        etag = answer.headers.get("ETag") || "";
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("main");
        const before = rows();
        const focused = document.activeElement;
        morph(main, fresh);
        if (focused && focused.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
        document.title = page.title;
        announce([...main.querySelectorAll("[data-case]")].filter((row) => !before.has(row.dataset.case)));
      }
      fetched = Date.now();
    } catch { /* the header says it */ } finally {
      clearTimeout(timer);
      waiting = false;
    }
  }
  function announce(fresh) {
    if (!fresh.length) return;
    fresh.forEach((row) => row.classList.add("fresh"));
    const news = document.getElementById("news");
    news.textContent = fresh.map((row) => row.dataset.say || "").join(". ");
  }

  // --- the beat
  let pulse = null;
  let seen = Date.now();
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  function heard(beat) {
    if (!beat) return;
    if (beat.out) { location.reload(); return; }
    if (beat.lost) { show(); return; }
    pulse = beat;
    seen = beat.seen;
    if (main.dataset.version && beat.version !== main.dataset.version) refresh();
    alarm(beat.news);
    show();
  }
  function show() {
    if (!status) return;
    const age = Math.max(0, Math.round((Date.now() - seen) / 1000));
    const dead = pulse && !pulse.alive;
    const stale = Date.now() - seen > STALE;
    body.classList.toggle("stale", stale || Boolean(dead));
    if (pulse && !stale && !dead) {
      status.textContent = fill(status.dataset.good, pulse);
      status.classList.toggle("partly", pulse.up < pulse.sources);
    } else if (dead && !stale) status.textContent = status.dataset.dead;
    else if (stale) status.textContent = fill(status.dataset.stale, { age, clock: pulse ? pulse.clock : status.dataset.clock });
  }
  async function own() {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const answer = await fetch(new URL("pulse", base), { signal: stop.signal, cache: "no-store" });
      if (answer.status === 401) heard({ out: true });
      else if (answer.ok) heard({ ...(await answer.json()), seen: Date.now() });
    } catch { /* the header says it */ }
    clearTimeout(timer);
    setTimeout(own, 3000);
  }
  if (main.dataset.live) {
    try {
      const worker = new SharedWorker(new URL("static/pulse.js", base));
      worker.port.onmessage = (message) => heard(message.data);
      worker.onerror = own;
      addEventListener("pagehide", () => worker.port.postMessage("bye"));
      addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    } catch { own(); }
    setInterval(show, 1000);
    setInterval(() => { if (Date.now() - fetched > AGES) refresh(); }, 1000);
  }

  // --- a new critical case is heard
  const bell = document.getElementById("bell");
  const loud = () => kept("vakhta-sound") === "on";
  let horn = null;
  function beep() {
    horn = horn || new AudioContext();
    [0, 0.3, 0.6].forEach((delay) => {
      const tone = horn.createOscillator();
      const volume = horn.createGain();
      tone.frequency.value = 880;
      volume.gain.setValueAtTime(0.2, horn.currentTime + delay);
      volume.gain.exponentialRampToValueAtTime(0.001, horn.currentTime + delay + 0.25);
      tone.connect(volume).connect(horn.destination);
      tone.start(horn.currentTime + delay);
      tone.stop(horn.currentTime + delay + 0.25);
    });
  }
  function alarm(news) {
    const ids = (news || []).map((one) => one.id);
    const heard = (kept("vakhta-news") || "").split(" ");
    const fresh = (news || []).filter((one) => !heard.includes(one.id));
    keep("vakhta-news", ids.join(" "));
    if (!fresh.length || !loud()) return;
    beep();
    if (window.Notification && Notification.permission === "granted") {
      fresh.forEach((one) => new Notification(one.id, { body: one.title, tag: one.id }));
    }
  }
  if (bell) {
    const paint = () => bell.setAttribute("aria-pressed", String(loud()));
    bell.addEventListener("click", () => {
      keep("vakhta-sound", loud() ? "off" : "on");
      if (loud()) { beep(); if (window.Notification && Notification.permission === "default") Notification.requestPermission(); }
      paint();
    });
    paint();
  }

  // --- keys
  const typing = (node) => /^(INPUT|TEXTAREA|SELECT)$/.test(node.nodeName) && node.type !== "checkbox";
  function step(by) {
    const all = [...main.querySelectorAll("[data-case]")];
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    const target = next.querySelector("a, button, input") || next;
    if (target === next) next.tabIndex = -1;
    target.focus();
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const help = document.getElementById("keys");
    if (event.key === "Escape") {
      document.querySelectorAll("details.act[open]").forEach((fold) => { fold.open = false; });
      if (typing(event.target)) event.target.blur();
      return;
    }
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const physical = { KeyJ: "j", KeyK: "k", KeyA: "a", KeyR: "r", KeyS: "s", KeyM: "m", KeyC: "c", KeyX: "x", KeyU: "u", KeyG: "g", Slash: "/" };
    const pressed = event.key === "?" || (event.code === "Slash" && event.shiftKey) ? "?" : physical[event.code] || event.key;
    if (pressed === "?") { if (help) help.showModal(); }
    else if (pressed === "j") step(1);
    else if (pressed === "k") step(-1);
    else if (pressed === "/") { const field = document.getElementById("search"); if (!field) return; field.focus(); field.select(); }
    else if (pressed === "x") { const box = row() && row().querySelector("input[type=checkbox]"); if (!box) return; box.click(); }
    else {
      // On a list a key is about the row that has the focus, and about nothing when none has.
      const place = row() || (main.querySelector("[data-case]") && pressed !== "u" ? null : main);
      if (!place) return;
      const target = [...place.querySelectorAll("[data-hotkey]")].find((node) => node.dataset.hotkey === pressed);
      if (!target) return;
      target.click();
      const fold = target.closest("details");
      const field = fold && fold.open && fold.querySelector("input:not([type=hidden]), select, textarea, button");
      if (field) field.focus();
    }
    event.preventDefault();
  });
  function row() {
    return document.activeElement && document.activeElement.closest("[data-case]");
  }

  // --- the slider of the last day: the page of the moment takes the place of this one, and the slider keeps the focus
  const DAY = 86400000;
  let moved = 0;
  const place = (slider) => {
    const steps = Number(slider.max);
    const at = Number(slider.dataset.until) - DAY + (DAY / steps) * Number(slider.value);
    // On the clock of the pages, wherever the screen is.
    slider.setAttribute("aria-valuetext", new Date(at + Number(slider.dataset.ahead)).toISOString().slice(11, 16));
    return Number(slider.value) < steps ? "?at=" + new Date(at).toISOString() : "";
  };
  function look(tries) {
    if (waiting && tries > 0) { setTimeout(look, 100, tries - 1); return; }
    window.getSelection().removeAllRanges();
    etag = "";
    refresh();
  }
  document.addEventListener("input", (event) => {
    const slider = event.target;
    if (slider.id !== "moment") return;
    const query = place(slider);
    clearTimeout(moved);
    moved = setTimeout(() => { history.replaceState(null, "", slider.dataset.page + query); look(50); }, 250);
  });

  // --- small conveniences
  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = copy.dataset.copy;
      const done = () => { copy.classList.add("done"); setTimeout(() => copy.classList.remove("done"), 1500); };
      if (navigator.clipboard) navigator.clipboard.writeText(text).then(done);
      else {
        const field = document.createElement("textarea");
        field.value = text;
        body.append(field);
        field.select();
        document.execCommand("copy");
        field.remove();
        done();
      }
    }
    // One question at a time.
    const fold = event.target.closest("details.act");
    // What is ticked belongs to the question that is open.
    if (event.target.closest("input[form], label")) return;
    document.querySelectorAll("details.act[open]").forEach((other) => { if (other !== fold) other.open = false; });
  });
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button) setTimeout(() => { button.disabled = true; }, 0);
  });
})();
