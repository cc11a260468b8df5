// The page: the mailbox and incident that are shown, and new alerts.

import { Reader } from "./reader.js";
import { Threads } from "./threads.js";
import { headline } from "./words.js";

const LIVE = "alerts";
const BOXES = [LIVE, "gallery"];
const CHOOSE = "Choose an incident.";
const EMPTY = "No alerts yet. They appear as they arrive.";
const RETRY_MS = 1000;
const NARROW = matchMedia("(max-width: 860px)");
const at = (id) => document.getElementById(id);

const reader = new Reader();
const boxes = new Map(); // name -> Threads
let shown = ""; // the mailbox whose list is on the page
let stream = null;
let listScroll = 0; // where the list was scrolled to on a phone, in pixels

async function load(name) {
  const answer = await fetch(`/boxes/${name}`);
  const state = await answer.json();
  const threads = new Threads(name);
  threads.load(state);
  boxes.set(name, threads);
  if (name === LIVE) {
    at("caption").textContent = state.caption;
    listen(`${state.generation}-${state.last}`);
  }
  showCounts();
}

function showCounts() {
  for (const [name, threads] of boxes) {
    at(`to-${name}`).querySelector(".count").textContent = threads.order.length;
  }
}

function listen(after) {
  stream?.close();
  stream = new EventSource(`/stream?after=${encodeURIComponent(after)}`);
  stream.addEventListener("open", () => setConnection("Live"));
  stream.addEventListener("error", () => {
    setConnection("Reconnecting");
    // A browser reconnects by itself after a broken connection, but not after a refused one.
    if (stream.readyState === EventSource.CLOSED) setTimeout(reload, RETRY_MS);
  });
  stream.addEventListener("alert", (event) => onAlert(JSON.parse(event.data)));
  stream.addEventListener("reload", reload);
}

function setConnection(word) {
  if (at("live").textContent !== word) at("live").textContent = word;
  at("live").dataset.state = word;
}

/** Reload the list: the server was restarted, and its mailbox is a new one. */
async function reload() {
  stream.close();
  try {
    await load(LIVE);
  } catch {
    setTimeout(reload, RETRY_MS); // it is gone again
    return;
  }
  if (shown === LIVE) {
    shown = "";
    route();
  }
}

function onAlert(row) {
  const threads = boxes.get(LIVE);
  threads.add(row, shown === LIVE);
  showCounts();
  if (shown !== LIVE) return;
  offerChoices(threads);
  const opened = reader.opened;
  if (opened?.box === LIVE && opened.key === row.thread) reader.steps(threads.threads.get(row.thread));
  if (!opened && !NARROW.matches) route(); // open the first alert
  const { name, what } = headline(row);
  at("heard").textContent = `New: ${row.status} ${name}, ${what}`;
}

/** Offer every cause and queue in the filter; the options that exist stay as they are. */
function offerChoices(threads) {
  for (const field of ["cause", "queue"]) {
    const select = at(field);
    const offered = new Set([...select.options].map((option) => option.value));
    const missing = [...threads.values(field)].filter((value) => value && !offered.has(value));
    for (const value of missing.sort()) {
      const after = [...select.options].slice(1).find((option) => option.value > value);
      select.add(new Option(value, value), after ?? null);
    }
  }
}

function currentFilter() {
  const words = at("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  return { words, severity: at("severity").value, cause: at("cause").value, queue: at("queue").value };
}

function showMailbox(name) {
  shown = name;
  for (const field of ["cause", "queue"]) at(field).length = 1;
  at("filter").reset();
  offerChoices(boxes.get(name));
  at("caption").hidden = name !== LIVE;
  for (const each of BOXES) {
    if (each === name) at(`to-${each}`).setAttribute("aria-current", "page");
    else at(`to-${each}`).removeAttribute("aria-current");
  }
  at("back").href = `#${name}`;
  boxes.get(name).show(currentFilter());
  performance.mark("listed");
}

/** Show what the address names: `#mailbox/incident/message`. */
function route() {
  const [name, key = "", number] = location.hash.slice(1).split("/");
  if (name === "reader") return; // the link that skips the list
  const box = boxes.has(name) ? name : LIVE;
  const threads = boxes.get(box);
  if (shown !== box) showMailbox(box);
  const thread = threads.threads.get(decodeKey(key)) ?? (NARROW.matches ? undefined : threads.order[0]);
  toggleReading(Boolean(key && thread));
  threads.choose(thread?.key ?? "");
  if (!thread) reader.close(threads.order.length ? CHOOSE : EMPTY);
  else reader.open(box, thread, Number(number));
  if (key && thread && NARROW.matches) at("reader").focus();
}

/** On a phone the page shows either the list or an alert; the list keeps its scroll position. */
function toggleReading(isReading) {
  const wasReading = document.body.classList.contains("reading");
  if (isReading && !wasReading) listScroll = scrollY;
  document.body.classList.toggle("reading", isReading);
  if (NARROW.matches && isReading !== wasReading) scrollTo(0, isReading ? 0 : listScroll);
}

function decodeKey(key) {
  try {
    return decodeURIComponent(key);
  } catch {
    return ""; // not an address of this page
  }
}

function onKey(event) {
  const typing = event.target.matches("input, select");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    at("words").focus();
  }
  const links = boxes.get(shown)?.links() ?? [];
  const here = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && here >= 0 && links[here + step]) {
    event.preventDefault();
    links[here + step].focus();
  } else if (event.key === "ArrowDown" && event.target === at("words")) {
    links[0]?.focus();
  } else if (event.key === "Escape" && at("reader").contains(document.activeElement)) {
    links.find((link) => link.hasAttribute("aria-current"))?.focus();
  }
}

at("filter").addEventListener("submit", (event) => event.preventDefault());
at("filter").addEventListener("input", () => boxes.get(shown).show(currentFilter()));
at("more").addEventListener("click", () => boxes.get(shown).showMore());
at("skip").addEventListener("click", (event) => {
  event.preventDefault();
  at("reader").focus();
});
addEventListener("hashchange", route);
addEventListener("keydown", onKey);
// Scrolling to the end of the list adds rows; the button is for those who do not scroll.
new IntersectionObserver((seen) => {
  if (seen.some((each) => each.isIntersecting) && shown) boxes.get(shown).showMore();
}).observe(at("more"));

try {
  await Promise.all(BOXES.map(load));
  route();
} catch {
  setConnection("The inbox does not answer");
}
