// A leaderboard: rows move to their new places, new ones arrive, the rest leave.
import { ago, grouped } from "./format.js";
import { glide, mark, places } from "./lists.js";

const UPDATED = "referral.leaderboard.updated";

export function followBoard(live) {
  const list = document.querySelector("[data-board][data-live]");
  if (!list) return;
  const blank = document.querySelector("[data-entry]");
  const follow = (data) => {
    if (!Array.isArray(data?.entries)) return;
    // Another window began: its name and its end stand elsewhere on the page too.
    if ((data.window?.start ?? "") !== list.dataset.window) location.reload();
    else showEntries(list, blank, data);
  };
  live.addEventListener("EVENT", ({ detail }) => {
    if (detail.data.eventType === UPDATED) follow(detail.data);
  });
  live.addEventListener("SNAPSHOT", ({ detail }) => follow(detail.data));
  live.addEventListener("GAP", () => reload(list).then(follow).catch(() => {}));
}

async function reload(list) {
  const answer = await fetch(`/v1/leaderboards/${encodeURIComponent(list.dataset.board)}?limit=20`);
  return answer.ok ? answer.json() : null;
}

function showEntries(list, blank, data) {
  const rows = new Map([...list.children].map((row) => [row.dataset.user, row]));
  const before = places(rows.values());
  const fresh = data.entries.map((entry) => {
    const known = rows.get(entry.userId);
    const row = known ?? blank.content.firstElementChild.cloneNode(true);
    rows.delete(entry.userId);
    fill(row, entry, list.dataset.units.split(" "), known !== undefined);
    return row;
  });
  for (const row of rows.values()) row.remove();
  fresh.forEach((row, index) => {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  if (data.members !== undefined) document.querySelector("[data-members]").textContent = grouped(data.members);
  glide(fresh, before);
}

function fill(row, entry, units, known) {
  const field = (name) => row.querySelector(`[data-field="${name}"]`);
  const old = known ? Number(field("position").textContent) : undefined;
  row.dataset.user = entry.userId;
  row.classList.toggle("leads", entry.position === 1);
  field("position").textContent = String(entry.position);
  field("user").textContent = entry.userId;
  field("score").textContent = grouped(entry.score);
  field("unit").textContent = units[entry.score === 1 ? 0 : 1];
  field("reached").dateTime = entry.reachedAt;
  field("reached").textContent = ago(entry.reachedAt);
  if (old !== entry.position) mark(field("move"), old, entry.position);
}
