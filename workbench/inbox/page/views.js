// One message as mail, or as a destination shows it. Slack and Teams are drawn from the payloads that
// the notifier's own senders make.

import { slack } from "./slack.js";
import { teams } from "./teams.js";

const NONE = "Destinations get alerts only, and this is none.";
const at = (id) => document.getElementById(id);

export class Views {
  constructor() {
    this.view = "email-view";
    this.message = null;
    this.place = "";
    at("views").addEventListener("click", (event) => {
      if (event.target.value) this.#choose(event.target.value);
    });
  }

  /** Show a message, whose address is `place`, in the chosen view. */
  show(message, place) {
    this.message = message;
    this.place = place;
    this.#draw();
  }

  #choose(view) {
    this.view = view;
    this.#draw();
  }

  #draw() {
    for (const button of at("views").children) {
      const isChosen = button.value === this.view;
      button.setAttribute("aria-pressed", String(isChosen));
      at(button.value).hidden = !isChosen;
    }
    if (this.view === "email-view" || !this.message) return;
    at(this.view).replaceChildren(this.message.destinations ? this.#made() : NONE);
  }

  #made() {
    const { destinations, subject } = this.message;
    if (this.view === "slack-view") return slack(destinations.slack);
    if (this.view === "teams-view") return teams(destinations.teams);
    return frame(this.place, subject);
  }
}

/** A new frame each time: another address in the same one would be a step of the browser's history. */
function frame(place, subject) {
  const made = document.createElement("iframe");
  made.title = `HTML mail: ${subject}`;
  made.sandbox = "allow-popups allow-popups-to-escape-sandbox";
  made.src = `${place}/mail`;
  return made;
}

export function worded(tag, name, text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

/** A link, or its words where the address is not https. */
export function outside(label, address) {
  if (!URL.canParse(address) || new URL(address).protocol !== "https:") return worded("span", "", label);
  const made = worded("a", "", label);
  made.href = address;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}
