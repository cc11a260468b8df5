// An Adaptive Card as Teams shows it: the elements that the notifier sends, in the version that it
// names. https://adaptivecards.io/explorer/

import { outside, worded } from "./views.js";

const ESCAPED = /\\([\\*_[\]()~`#])/g; // what the notifier escapes, so that it is no Markdown

export function teams(message) {
  const card = message.attachments[0].content;
  const box = worded("div", "teams");
  const body = worded("div", "adaptive");
  body.append(...card.body.map((each) => element(each, body)), actions(card.actions ?? [], body));
  box.append(worded("p", "sender", "Workflows"), body);
  return box;
}

function element(one, card) {
  if (one.type === "Container") return container(one, card);
  if (one.type === "ActionSet") return actions(one.actions, card);
  return text(one);
}

function container(one, card) {
  const made = worded("div", "container");
  made.dataset.style = one.style ?? "default";
  made.dataset.id = one.id ?? "";
  made.hidden = one.isVisible === false;
  made.append(...one.items.map((each) => element(each, card)));
  return made;
}

function text(one) {
  const made = worded("p", "", one.text.replace(ESCAPED, "$1"));
  made.classList.toggle("bolder", one.weight === "Bolder");
  made.classList.toggle("large", one.size === "Large");
  made.classList.toggle("fixed", one.fontType === "Monospace");
  made.classList.toggle("subtle", one.isSubtle === true);
  return made;
}

function actions(list, card) {
  const made = worded("div", "actions");
  made.append(...list.map((one) => (one.type === "Action.OpenUrl" ? outside(one.title, one.url) : toggle(one, card))));
  return made;
}

function toggle({ title, targetElements }, card) {
  const made = worded("button", "", title);
  made.type = "button";
  made.setAttribute("aria-expanded", "false");
  made.addEventListener("click", () => {
    for (const each of card.querySelectorAll("[data-id]")) {
      if (!targetElements.includes(each.dataset.id)) continue;
      each.hidden = !each.hidden;
      made.setAttribute("aria-expanded", String(!each.hidden));
    }
  });
  return made;
}
