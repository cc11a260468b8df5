// The address of what is shown: `#mailbox/incident/message?filter`.

export const FIELDS = ["q", "severity", "cause", "queue"];

/** Read the address; what it does not name is empty. */
export function read() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const [box = "", key = "", number = ""] = path.split("/");
  return { box, key: decoded(key), number: Number(number), hasKey: key !== "", filter: filterOf(query) };
}

/** Make an address that keeps the filter of this one. */
export function link(box, key = "", number = "", query = location.hash.split("?")[1] ?? "") {
  const path = [box, key && encodeURIComponent(key), number].filter((part) => part !== "").join("/");
  return `#${path}${query && `?${query}`}`;
}

/** Write a filter as the query of an address; empty without one. */
export function queryOf(filter) {
  const named = FIELDS.filter((field) => filter[field]).map((field) => [field, filter[field]]);
  return new URLSearchParams(named).toString();
}

function filterOf(query) {
  const named = new URLSearchParams(query);
  return Object.fromEntries(FIELDS.map((field) => [field, named.get(field) ?? ""]));
}

function decoded(key) {
  try {
    return decodeURIComponent(key);
  } catch {
    return ""; // not an address of this page
  }
}
