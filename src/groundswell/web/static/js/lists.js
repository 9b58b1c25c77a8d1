// The ranked lists: rows move to their new places, new ones arrive, the rest leave.
import { compact, signed } from "./format.js";
import { drawPrint } from "./prints.js";

const REFRESH_MS = 30000;
const SHOWN_MS = 8000;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export function followLists(live) {
  const blank = document.querySelector("[data-row]");
  if (!blank) return;
  const lists = [...document.querySelectorAll("[data-list]")];
  const byTopic = new Map(lists.filter((list) => list.dataset.topic).map((list) => [list.dataset.topic, list]));

  const follow = (topic, data) => {
    const list = byTopic.get(topic);
    if (list && Array.isArray(data?.items)) show(list, blank, data.items);
  };
  live.addEventListener("EVENT", ({ detail }) => {
    if (detail.data.eventType === "engagement.trending.updated") follow(detail.topic, detail.data);
  });
  live.addEventListener("SNAPSHOT", ({ detail }) => follow(detail.topic, detail.data));
  live.addEventListener("GAP", ({ detail }) => {
    const list = byTopic.get(detail.topic);
    if (list) reload(list, blank).catch(() => {});
  });

  // The other lists have no topic; they change slowly and are asked for now and then.
  const slow = lists.filter((list) => !list.dataset.topic);
  setInterval(() => {
    if (!document.hidden) for (const list of slow) reload(list, blank).catch(() => {});
  }, REFRESH_MS);
}

async function reload(list, blank) {
  const address = new URL(list.dataset.list, location.href);
  address.searchParams.set("limit", list.dataset.length);
  const answer = await fetch(address);
  if (answer.ok) show(list, blank, (await answer.json()).items);
}

export function show(list, blank, items) {
  const rows = new Map([...list.children].map((row) => [row.dataset.media, row]));
  const before = places(rows.values());
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const wanted = items.slice(0, Number(list.dataset.length));
  const fresh = wanted.map((item, index) => {
    const row = rows.get(String(item.mediaFileId)) ?? newRow(blank, item);
    rows.delete(row.dataset.media);
    fill(row, item, index + 1, before.get(row)?.rank);
    return row;
  });
  for (const row of rows.values()) row.remove();
  fresh.forEach((row, index) => {
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
  glide(fresh, before);
}

function newRow(blank, item) {
  const row = blank.content.firstElementChild.cloneNode(true);
  row.dataset.media = item.mediaFileId;
  row.querySelector("a").href = `/media/${item.mediaFileId}`;
  drawPrint(row.querySelector(".print"), item.mediaFileId);
  return row;
}

function fill(row, item, rank, oldRank) {
  const set = (name, text) => {
    const field = row.querySelector(`[data-field="${name}"]`);
    if (field.textContent !== text) field.textContent = text;
  };
  set("position", String(rank));
  set("title", item.title);
  set("artist", item.artist ?? "");
  set("plays", compact(item.periodPlayCount ?? item.playCount));
  set("votes", signed(item.upvotes - item.downvotes));
  if (oldRank !== rank) mark(row.querySelector('[data-field="move"]'), oldRank, rank);
}

// How a row moved, for a while: "▲ 2", "▼ 1" or "New".
export function mark(place, oldRank, rank) {
  const gain = oldRank === undefined ? null : oldRank - rank;
  place.classList.toggle("down", gain !== null && gain < 0);
  place.textContent = gain === null ? "New" : `${gain > 0 ? "▲" : "▼"} ${Math.abs(gain)}`;
  clearTimeout(Number(place.dataset.timer));
  place.dataset.timer = String(setTimeout(() => { place.textContent = ""; }, SHOWN_MS));
}

export function places(rows) {
  return new Map([...rows].map((row, index) => [row, { rank: index + 1, top: row.getBoundingClientRect().top }]));
}

export function glide(rows, before) {
  if (still.matches || document.hidden) return;
  for (const row of rows) {
    const old = before.get(row);
    const shift = old ? old.top - row.getBoundingClientRect().top : null;
    const from = shift === null ? { opacity: 0 } : { transform: `translateY(${shift}px)` };
    if (shift !== 0) row.animate([from, {}], { duration: 450, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" });
  }
}
