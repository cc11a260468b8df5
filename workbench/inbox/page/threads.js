// The list of incidents. It is bounded, and a new alert changes only the row of its incident.

import { link as addressOf } from "./address.js";
import { ago, counted, exactly, headline, isDrill, kind, marked, outcome } from "./words.js";

const PAGE = 60; // rows at first, and with each request for more
const TRAIL = 4; // messages named in a row

export class Threads {
  constructor(box) {
    this.box = box;
    this.list = document.getElementById("threads");
    this.more = document.getElementById("more");
    this.template = document.getElementById("thread").content;
    this.threads = new Map(); // key -> { key, rows (newest first), item, isNew }
    this.order = []; // threads, the newest first
    this.filter = {};
    this.limit = PAGE;
    this.current = "";
    this.kept = Infinity;
    this.count = 0;
    this.dropped = 0;
  }

  /** Load all rows, newest first. */
  load(state) {
    this.kept = state.kept;
    this.dropped = state.dropped;
    for (const row of state.rows) {
      const known = this.threads.get(row.thread);
      if (known) known.rows.push(row);
      else this.order.push(this.#create(row));
    }
    this.count = state.rows.length;
  }

  /** Add a new row; the page changes only if this list is shown. */
  add(row, isShown) {
    const known = this.threads.get(row.thread);
    const thread = known ?? this.#create(row);
    if (known) {
      known.rows.unshift(row);
      this.order.splice(this.order.indexOf(known), 1);
    }
    thread.isNew = thread.key !== this.current;
    this.order.unshift(thread);
    this.count += 1;
    if (this.count > this.kept) this.#dropOldest();
    if (!isShown) return;
    if (this.matches(thread)) this.#putFirst(thread);
    this.#showTotals();
  }

  /** Show the matching threads from the top. */
  show(filter) {
    this.filter = filter;
    this.limit = PAGE;
    const found = this.found();
    this.list.replaceChildren(...found.slice(0, PAGE).map((thread) => this.#item(thread)));
    this.#showTotals(found.length);
  }

  /** Add the next rows at the end. */
  showMore() {
    const found = this.found();
    const next = found.slice(this.list.childElementCount, this.limit + PAGE);
    this.limit += PAGE;
    this.list.append(...next.map((thread) => this.#item(thread)));
    this.#showTotals(found.length);
  }

  /** Return the matching threads, the newest first. */
  found() {
    return this.order.filter((thread) => this.matches(thread));
  }

  matches(thread) {
    return thread.rows.some((row) => matches(row, this.filter));
  }

  /** Write the relative times anew; only those that changed. */
  tick() {
    for (const thread of this.order) if (thread.item?.isConnected) this.#time(thread);
  }

  /** Mark one thread as the open one. */
  choose(key) {
    const previous = this.threads.get(this.current);
    this.current = key;
    if (previous?.item) this.#fill(previous);
    const thread = this.threads.get(key);
    if (!thread) return;
    thread.isNew = false;
    if (thread.item) this.#fill(thread);
  }

  links() {
    return [...this.list.querySelectorAll("a")];
  }

  values(field) {
    return new Set(this.order.flatMap((thread) => thread.rows.map((row) => row[field])));
  }

  #create(row) {
    const thread = { key: row.thread, rows: [row], item: null, isNew: false };
    this.threads.set(row.thread, thread);
    return thread;
  }

  #dropOldest() {
    const oldest = this.order.reduce((a, b) => (b.rows.at(-1).number < a.rows.at(-1).number ? b : a));
    oldest.rows.pop();
    this.count -= 1;
    this.dropped += 1;
    if (oldest.rows.length) return;
    this.threads.delete(oldest.key);
    this.order.splice(this.order.indexOf(oldest), 1);
    oldest.item?.remove();
  }

  #putFirst(thread) {
    const item = this.#item(thread);
    const first = this.list.firstElementChild;
    if (item === first) return;
    // The row keeps the keyboard focus while it moves, if the browser supports that.
    if (item.isConnected && this.list.moveBefore) this.list.moveBefore(item, first);
    else this.list.insertBefore(item, first);
    if (this.list.childElementCount > this.limit) this.list.lastElementChild.remove();
  }

  #item(thread) {
    if (!thread.item) {
      thread.item = document.importNode(this.template, true).firstElementChild;
    }
    this.#fill(thread);
    return thread.item;
  }

  #fill(thread) {
    const row = thread.rows[0];
    const part = (name) => thread.item.querySelector(name);
    const { name, what } = headline(row);
    const link = part(".thread");
    link.href = addressOf(this.box, thread.key);
    link.classList.toggle("drill", isDrill(row));
    if (thread.key === this.current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    marked(part(".mark"), row);
    part(".name").textContent = name;
    part(".what").textContent = what;
    part(".new").hidden = !thread.isNew;
    part(".severity").textContent = kind(row);
    part(".severity").dataset.kind = isDrill(row) ? "drill" : kind(row);
    part(".badge").hidden = !isDrill(row);
    part(".queue").textContent = row.queue;
    part(".trail").textContent = row.sample || trail(thread.rows);
    this.#time(thread);
  }

  #time(thread) {
    const { at } = thread.rows[0];
    const time = thread.item.querySelector("time");
    const said = at ? ago(at) : "";
    if (time.textContent !== said) time.textContent = said;
    if (!at || time.dateTime === new Date(at).toISOString()) return;
    time.dateTime = new Date(at).toISOString();
    time.title = exactly(at);
  }

  #showTotals(found = this.found().length) {
    const alerts = this.box === "gallery" ? "" : `, ${counted(this.count, "message", "messages")}`;
    const all = found === this.order.length;
    const [one, many] = this.box === "gallery" ? ["sample", "samples"] : ["incident", "incidents"];
    const number = all ? counted(found, one, many) : `${found} of ${counted(this.order.length, one, many)}`;
    document.getElementById("found").textContent = `${number}${all ? alerts : ""}`;
    document.getElementById("none").hidden = found > 0 || !this.order.length;
    document.getElementById("empty").hidden = this.order.length > 0;
    this.more.hidden = found <= this.list.childElementCount;
    document.getElementById("kept").textContent = this.#keptNote();
  }

  #keptNote() {
    if (this.box === "gallery") return "Made from the files in events/, without AWS.";
    const dropped = this.dropped ? ` ${counted(this.dropped, "older one is", "older ones are")} gone.` : "";
    return `Times are UTC. The newest ${this.kept.toLocaleString("en")} messages are kept.${dropped}`;
  }
}

function trail(rows) {
  if (rows.length < 2) return "";
  const named = rows.slice(0, TRAIL).reverse().map((row) => outcome(row).toLowerCase());
  return `${rows.length > TRAIL ? `${rows.length - TRAIL} more, ` : ""}${named.join(" → ")}`;
}

function matches(row, { severity, cause, queue, q }) {
  if (severity && row.severity !== severity) return false;
  if (cause && row.cause !== cause) return false;
  if (queue && row.queue !== queue) return false;
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const text = `${row.subject} ${row.summary} ${row.name} ${row.queue} ${row.cause} ${row.owner} ${row.sample}`;
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}
