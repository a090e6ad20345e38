// One beat for all tabs of a browser: asks the server how it is and tells every open page. A request that hangs is given
// up after five seconds, so that a frozen server shows like a dead one.
(() => {
  "use strict";
  const EVERY = 2000;
  const PATIENCE = 5000;
  const ports = new Set();
  let latest = null;
  self.onconnect = (event) => {
    const port = event.ports[0];
    ports.add(port);
    port.onmessage = (message) => { if (message.data === "bye") ports.delete(port); };
    if (latest) port.postMessage(latest);
  };
  async function beat() {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const answer = await fetch(new URL("../pulse", self.location), { signal: stop.signal, cache: "no-store" });
      if (answer.status === 401) latest = { out: true };
      else if (answer.ok) latest = { ...(await answer.json()), seen: Date.now() };
      else latest = { ...latest, lost: true };
    } catch {
      latest = { ...latest, lost: true };
    } finally {
      clearTimeout(timer);
    }
    ports.forEach((port) => port.postMessage(latest));
    setTimeout(beat, EVERY);
  }
  beat();
})();
