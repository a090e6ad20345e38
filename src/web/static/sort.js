// Two columns: members are walked with the arrows, picked with the space bar, moved to the other side with → and ← or with
// the mouse, and Enter asks what that would do. The page's own forms are what is sent; without this script their boxes
// and buttons do the same.
(() => {
  "use strict";
  const board = document.querySelector(".sort");
  if (!board) return;
  const news = document.getElementById("news");
  const say = (text) => { news.textContent = text; };
  const list = (side) => board.querySelector(`[data-rows=${side}]`);
  const across = (side) => (side === "left" ? "right" : "left");
  const box = (row) => row.querySelector("input[type=checkbox]");
  const rows = (side) => [...list(side).children];
  const all = () => [...board.querySelectorAll("li[data-movable]")];
  // Where a row is shown, and where it is in truth.
  const place = (row) => row.parentNode.dataset.rows;
  const isAway = (row) => place(row) !== row.dataset.from;
  const away = () => all().filter(isAway);

  function put(row) {
    const side = isAway(row) ? row.dataset.from : across(row.dataset.from);
    box(row).checked = side !== row.dataset.from;
    list(side).prepend(row);
    row.classList.toggle("moved", isAway(row));
  }

  // Moves rows to a side; those that are there already stay.
  function move(some, side) {
    const going = some.filter((row) => place(row) !== side);
    const fresh = going.filter((row) => !isAway(row));
    // One act has one direction.
    if (fresh.length && away().some((row) => row.dataset.from === side)) { say(board.dataset.oneWay); return; }
    if (!going.length) return;
    // The walk goes on where it was: at the nearest row that stays.
    const before = rows(across(side)).filter((row) => row.dataset.movable);
    const at = before.indexOf(going[0]);
    const stays = (row) => !going.includes(row);
    const near = before.slice(at).find(stays) || before.slice(0, at).reverse().find(stays) || going[0];
    going.forEach(put);
    const text = isAway(going[0]) ? board.dataset.moved : board.dataset.back;
    say(text.replace("{count}", String(away().length)));
    box(near).focus();
  }

  function send() {
    const ticked = all().filter((row) => box(row).checked);
    const from = away().length ? away()[0].dataset.from : ticked.length ? ticked[0].dataset.from : "";
    if (!from) { say(board.dataset.none); return; }
    const going = ticked.filter((row) => row.dataset.from === from);
    const own = all().filter((row) => row.dataset.from === from);
    const merge = document.getElementById(`merge-${from}`);
    const isWhole = board.querySelector(`[data-side=${from}]`).dataset.whole;
    if (isWhole && going.length === own.length) {
      // Nothing would be left: that is another act.
      if (merge) merge.requestSubmit();
      else say(board.dataset.all);
      return;
    }
    document.getElementById(`move-${from}`).requestSubmit();
  }

  board.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing) return;
    const row = event.target.closest("li[data-movable]");
    if (!row) return;
    const side = place(row);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const near = rows(side).filter((one) => one.dataset.movable);
      const next = near[near.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) box(next).focus();
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const to = event.key === "ArrowRight" ? "right" : "left";
      move(picked(row), to);
    } else if (event.key === "Enter") send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // What goes along with a row: all that is ticked on its side, or it alone.
  function picked(row) {
    const ticked = rows(place(row)).filter((one) => one.dataset.movable && box(one).checked && isAway(one) === isAway(row));
    return !isAway(row) && ticked.includes(row) ? ticked : [row];
  }

  // A row that was moved and is ticked off goes back.
  board.addEventListener("change", (event) => {
    const row = event.target.closest("li[data-movable]");
    if (!row || !isAway(row) || box(row).checked) return;
    put(row);
    box(row).focus();
    say(board.dataset.back.replace("{count}", String(away().length)));
  });

  let dragged = [];
  all().forEach((row) => { row.draggable = true; });
  board.addEventListener("dragstart", (event) => {
    const row = event.target.closest && event.target.closest("li[data-movable]");
    if (!row) return;
    dragged = picked(row);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", row.textContent.trim());
  });
  const goal = (event) => { const card = event.target.closest("[data-side]"); return dragged.length && card && list(card.dataset.side) ? card : null; };
  board.addEventListener("dragover", (event) => {
    const card = goal(event);
    board.querySelectorAll(".goal").forEach((other) => { if (other !== card) other.classList.remove("goal"); });
    if (!card) return;
    event.preventDefault();
    card.classList.add("goal");
  });
  board.addEventListener("drop", (event) => {
    const card = goal(event);
    if (!card) return;
    event.preventDefault();
    move(dragged, card.dataset.side);
  });
  board.addEventListener("dragend", () => {
    dragged = [];
    board.querySelectorAll(".goal").forEach((card) => card.classList.remove("goal"));
  });
  // Back from the preview: the browser may have kept the ticks, and rows are where they belong.
  addEventListener("pageshow", () => { all().filter((row) => !isAway(row)).forEach((row) => { box(row).checked = false; }); });
})();
