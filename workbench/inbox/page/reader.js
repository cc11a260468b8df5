// One alert as each of its readers sees it.

import { link as addressOf } from "./address.js";
import { card } from "./card.js";
import { mail, markScrolling } from "./mail.js";
import { Views } from "./views.js";
import { exactly, headline, isDrill, kind, marked, moment, outcome } from "./words.js";

const SMS_LIMIT = 145; // the notifier's own limit; one part holds 160
const COPIED_MS = 2000;

const at = (id) => document.getElementById(id);

export class Reader {
  constructor() {
    this.requests = 0;
    this.opened = null; // { box, key, number }
    this.text = "";
    this.views = new Views();
    new ResizeObserver(() => this.#markScrolling()).observe(at("reader"));
    at("copy").addEventListener("click", () => this.#copy());
    at("jump").addEventListener("click", (event) => {
      at(event.target.value)?.scrollIntoView({ block: "start" });
    });
  }

  /** Close the alert, and show a sentence instead. */
  close(sentence) {
    this.requests += 1;
    this.opened = null;
    at("opened").hidden = true;
    at("nothing").hidden = false;
    at("nothing").textContent = sentence;
  }

  /** Open one message of a thread; the default is the newest. */
  async open(box, thread, number) {
    const wanted = thread.rows.find((row) => row.number === number) ?? thread.rows[0];
    const before = this.opened;
    this.opened = { box, key: thread.key, number: wanted.number };
    this.steps(thread);
    if (before?.box === box && before.number === wanted.number) return;
    const request = (this.requests += 1);
    const place = `/boxes/${box}/${wanted.number}`;
    const answer = await fetch(place).catch(() => null);
    const message = answer?.ok ? await answer.json() : null;
    if (request !== this.requests) return; // another message was opened meanwhile, or this one closed
    if (message) this.#show(message, place);
    else this.#missing(answer);
  }

  /** List the messages of the thread; a new one is added, and the open one stays open. */
  steps(thread) {
    const list = at("steps");
    const { box, key, number } = this.opened;
    const rows = [...thread.rows].reverse();
    list.hidden = rows.length < 2;
    const known = new Map([...list.children].map((item) => [item.dataset.step, item]));
    const items = rows.map((row) => known.get(`${key}/${row.number}`) ?? step(key, row));
    list.replaceChildren(...items);
    for (const item of items) {
      const link = item.firstElementChild;
      link.href = addressOf(box, key, Number(item.dataset.step.slice(key.length + 1)));
      if (item.dataset.step === `${key}/${number}`) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
  }

  #missing(answer) {
    const gone = "This message is no longer kept; only the newest messages are.";
    this.close(answer?.status === 404 ? gone : "The inbox does not answer. Check that it is still running.");
  }

  #show(message, place) {
    const { row } = message;
    const { name } = headline(row);
    at("nothing").hidden = true;
    at("opened").hidden = false;
    const label = at("label");
    marked(label.querySelector(".mark"), row);
    label.querySelector(".said").textContent = kind(row) === "recovered" ? row.status : `${row.status} · ${kind(row)}`;
    label.dataset.kind = isDrill(row) ? "drill" : kind(row);
    at("drill").hidden = !isDrill(row);
    at("name").textContent = name;
    at("where").textContent = row.queue ? `on ${row.queue}` : "";
    at("subject").textContent = message.subject;
    at("arrived").textContent = row.at ? exactly(row.at) : `never: sample ${row.sample}`;
    at("email").replaceChildren(...mail(message.email));
    at("email").scrollTop = 0;
    at("sms").textContent = message.sms;
    const parts = message.sms_parts === 1 ? "1 part" : `${message.sms_parts} parts`;
    at("sms-size").textContent = `${[...message.sms].length} of ${SMS_LIMIT} characters, ${parts}`;
    at("sms-note").textContent = message.sms_note;
    at("sms-text").open = message.sms_note === ""; // what was not sent is there to look up
    at("card").replaceChildren(message.chat ? card(message.chat) : "No chat card arrived for this message.");
    this.views.show(message, place);
    this.text = JSON.stringify(message.document, null, 2);
    at("document").textContent = this.text;
    at("copied").textContent = "";
    this.#markScrolling();
  }

  #markScrolling() {
    markScrolling(at("email"), ".table");
    markScrolling(at("card"), "pre");
    markScrolling(document, "#document");
  }

  async #copy() {
    const copied = at("copied");
    try {
      await navigator.clipboard.writeText(this.text);
      copied.textContent = "Copied";
    } catch {
      copied.textContent = "The browser did not allow it";
    }
    setTimeout(() => (copied.textContent = ""), COPIED_MS);
  }
}

function step(key, row) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  item.dataset.step = `${key}/${row.number}`;
  const word = document.createElement("span");
  word.textContent = outcome(row);
  const time = document.createElement("time");
  time.textContent = row.at ? moment(row.at) : "";
  link.append(word, " ", time);
  item.append(link);
  return item;
}
