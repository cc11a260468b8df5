// The page: the mailbox and incident that are shown, and new alerts.

import { FIELDS, link, queryOf, read } from "./address.js";
import { Reader } from "./reader.js";
import { Threads } from "./threads.js";
import { headline } from "./words.js";

const LIVE = "alerts";
const BOXES = [LIVE, "gallery"];
const CHOOSE = "Choose an incident.";
const EMPTY = "No alerts yet. They appear as they arrive.";
const NO_MATCH = "Nothing matches the filter.";
const FILTERED = "This incident does not match the filter.";
const UNKNOWN = "There is no incident at this address. Only the newest messages are kept, and a restart begins anew.";
const RETRY_MS = 1000;
const TICK_MS = 30_000; // the times of the list are in minutes
const NARROW = matchMedia("(max-width: 759px)");
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

function showMailbox(name, filter) {
  const isNew = shown !== name;
  shown = name;
  if (isNew) for (const field of ["cause", "queue"]) at(field).length = 1;
  offerChoices(boxes.get(name));
  showFilter(filter);
  at("caption").hidden = name !== LIVE;
  for (const each of BOXES) {
    if (each === name) at(`to-${each}`).setAttribute("aria-current", "page");
    else at(`to-${each}`).removeAttribute("aria-current");
  }
  boxes.get(name).show(filter);
  at("back").href = link(name);
  performance.mark("listed");
}

/** Show a filter in its fields; what no alert has is offered, too, because the address names it. */
function showFilter(filter) {
  for (const field of FIELDS) {
    const input = at(field);
    const offered = [...(input.options ?? [])].some((option) => option.value === filter[field]);
    if (input.options && !offered) input.add(new Option(filter[field], filter[field]));
    if (input.value !== filter[field]) input.value = filter[field];
  }
  at("clear").hidden = queryOf(filter) === "";
}

/** Put what the fields say into the address, and show it. */
function onFilter() {
  const filter = Object.fromEntries(FIELDS.map((field) => [field, at(field).value]));
  const { key, number } = read();
  const threads = boxes.get(shown);
  threads.filter = filter;
  const open = threads.threads.get(key);
  const isKept = open && threads.matches(open);
  const query = queryOf(filter);
  history.replaceState(null, "", isKept ? link(shown, key, number || "", query) : link(shown, "", "", query));
  showMailbox(shown, filter);
  route();
}

/** Show what the address names. */
function route() {
  const asked = read();
  if (asked.box === "reader") return; // the link that skips the list
  const isKnown = boxes.has(asked.box) || asked.box === "";
  const box = boxes.has(asked.box) ? asked.box : LIVE;
  const threads = boxes.get(box);
  if (shown !== box || queryOf(threads.filter) !== queryOf(asked.filter)) showMailbox(box, asked.filter);
  const named = threads.threads.get(asked.key);
  const isMissing = !isKnown || (asked.hasKey && !named);
  const first = NARROW.matches || isMissing ? undefined : threads.found()[0];
  const thread = asked.hasKey ? named : first;
  const isShown = isKnown && thread && threads.matches(thread);
  toggleReading(asked.hasKey || !isKnown);
  threads.choose(isShown ? thread.key : "");
  if (isShown) reader.open(box, thread, asked.number);
  else if (isMissing) reader.close(UNKNOWN);
  else if (thread) reader.close(FILTERED);
  else if (!threads.order.length) reader.close(EMPTY);
  else reader.close(threads.found().length ? CHOOSE : NO_MATCH);
  if (asked.hasKey && NARROW.matches) at("reader").focus();
}

/** On a phone the page shows either the list or an alert; the list keeps its scroll position. */
function toggleReading(isReading) {
  const wasReading = document.body.classList.contains("reading");
  if (isReading && !wasReading) listScroll = scrollY;
  document.body.classList.toggle("reading", isReading);
  if (NARROW.matches && isReading !== wasReading) scrollTo(0, isReading ? 0 : listScroll);
}

function onKey(event) {
  const typing = event.target.matches("input, select");
  const isPlain = !typing && !event.ctrlKey && !event.metaKey && !event.altKey && !at("keys").open;
  if (isPlain && event.key === "/") {
    event.preventDefault();
    at("q").focus();
  }
  if (isPlain && event.key === "?") at("keys").showModal();
  if (isPlain && (event.key === "j" || event.key === "k")) openNext(event.key === "j" ? 1 : -1);
  const links = boxes.get(shown)?.links() ?? [];
  const here = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && here >= 0 && links[here + step]) {
    event.preventDefault();
    links[here + step].focus();
  } else if (event.key === "ArrowDown" && event.target === at("q")) {
    links[0]?.focus();
  } else if (event.key === "Escape" && at("reader").contains(document.activeElement)) {
    links.find((link) => link.hasAttribute("aria-current"))?.focus();
  }
}

/** Open the next incident of the list, or the one before. */
function openNext(step) {
  const links = boxes.get(shown)?.links() ?? [];
  const here = links.findIndex((each) => each.hasAttribute("aria-current"));
  const next = links[here < 0 ? 0 : here + step];
  if (!next) return;
  location.hash = next.getAttribute("href");
  next.scrollIntoView({ block: "nearest" });
}

at("filter").addEventListener("submit", (event) => event.preventDefault());
at("filter").addEventListener("input", onFilter);
at("clear").addEventListener("click", () => {
  at("filter").reset();
  onFilter();
  at("q").focus();
});
at("keys-open").addEventListener("click", () => at("keys").showModal());
at("more").addEventListener("click", () => boxes.get(shown).showMore());
at("skip").addEventListener("click", (event) => {
  event.preventDefault();
  at("reader").focus();
});
addEventListener("hashchange", route);
addEventListener("keydown", onKey);
NARROW.addEventListener("change", route);
setInterval(() => boxes.get(shown)?.tick(), TICK_MS);
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
