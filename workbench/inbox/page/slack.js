// A thread of Slack, from the attachments and rich text blocks that the notifier sends.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { emoji } from "./card.js";
import { outside, worded } from "./views.js";

const COLOUR = /^#[0-9a-f]{6}$/i;

export function slack({ message, replies }) {
  const box = worded("div", "slack");
  box.append(post(message));
  if (!replies.length) return box;
  box.append(worded("p", "replies", replies.length === 1 ? "1 reply" : `${replies.length} replies`));
  const thread = worded("div", "thread-of-slack");
  thread.append(...replies.map(post));
  box.append(thread);
  return box;
}

function post({ attachments = [], blocks = [] }) {
  const made = worded("div", "post");
  const sender = worded("p", "sender", "batch-notifier ");
  sender.append(worded("span", "app", "APP"));
  made.append(sender, ...blocks.flatMap(block), ...attachments.map(attachment));
  return made;
}

function attachment({ color, blocks }) {
  const made = worded("div", "attachment");
  if (COLOUR.test(color)) made.style.setProperty("--bar-of-slack", color);
  made.append(...blocks.flatMap(block));
  return made;
}

function block({ elements }) {
  return elements.map((part) => {
    const made = worded(part.type === "rich_text_preformatted" ? "pre" : "p", "rich");
    made.append(...part.elements.map(element));
    return made;
  });
}

function element(one) {
  if (one.type === "emoji") return emoji(one.name);
  if (one.type === "link") return outside(one.text, one.url);
  if (one.style?.code) return worded("code", "", one.text);
  return one.style?.bold ? worded("strong", "", one.text) : one.text;
}
