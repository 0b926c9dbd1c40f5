// The review page: reads lists and changes rules. The token is the fragment of the address.
const token = location.hash.slice(1);
const part = name => document.getElementById(name);
const k = 8;
let shown = null; // the list on the page

async function ask(name, values, method = "GET") {
  const query = method === "GET" ? `?${new URLSearchParams(values)}` : "";
  const answer = await fetch(`/${name}${query}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
    body: method === "GET" ? undefined : JSON.stringify(values),
  });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  return found;
}

function say(text) {
  part("status").textContent = text;
}

/** Run an action and show its error, if there is one. */
async function attempt(action) {
  try {
    await action();
  } catch (error) {
    say(error.message);
  }
}

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Return a button whose name for screen readers has the title of its article. */
function button(text, title, action) {
  const made = make("button", { type: "button", textContent: text, ariaLabel: `${text}: ${title}` });
  made.addEventListener("click", () => attempt(action));
  return made;
}

function group(buttons) {
  return make("div", { className: "buttons" }, ...buttons);
}

/** Return an element for each text; the style hides a dot that begins a line. */
function parted(texts) {
  return texts.filter(Boolean).map((text, i) =>
    make("span", {}, ...(i ? [make("span", { textContent: " · " })] : []), text));
}

function headline(article) {
  const details = [article.date, article.section, article.reason, article.id];
  return [
    make("span", { className: "title", dir: "auto", lang: article.language, textContent: article.title }),
    make("span", { className: "about" }, ...parted(details)),
  ];
}

function counted(n, noun) {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function fill(list, entries) {
  part(list).replaceChildren(...entries);
  part(list).hidden = !entries.length;
}

/** Search for articles, and list them with the given buttons. */
async function search(words, list, buttons) {
  const { articles, n, near } = await ask("find", { words });
  fill(list, articles.map(article => make("li", {}, ...headline(article), group(buttons(article)))));
  const count = n > articles.length ? `${articles.length} of ${n} articles` : counted(n, "article");
  say(near ? `No title has all of the words. Similar titles: ${n}` : `Found: ${count}`);
}

/** Show the list of an article; keep the focus on the button that was used. */
async function show(identifier) {
  const focused = document.activeElement;
  const label = focused?.ariaLabel;
  const row = focused?.closest("li")?.dataset.id;
  shown = await ask("list_of", { identifier, k });
  const { article, items, rules, archive, undo } = shown;
  document.title = `${article.title} – ${archive}`;
  part("review").hidden = false;
  part("title").textContent = article.title;
  part("title").lang = article.language;
  part("about").replaceChildren(...parted([article.date, article.section, article.id]));
  part("undo").disabled = !undo;
  part("none").hidden = items.length > 0;
  fill("items", items.map(entry));
  fill("rules", rules.map(rule => make(
    "li", {}, make("span", { textContent: rule.text }),
    button("Remove", rule.text, () => change("drop", { kind: rule.kind, a: rule.a, b: rule.b })),
  )));
  part("rules-title").hidden = !rules.length;
  const buttons = [...document.querySelectorAll("main button:enabled")];
  const next = buttons.find(made => label && made.ariaLabel === label)
    ?? buttons.find(made => row && made.closest("li")?.dataset.id === row);
  if (label || (focused === part("undo") && !undo)) (next ?? part("title")).focus();
}

function visiblePins() {
  return shown.items.map(item => item.id).filter(id => shown.pins.includes(id));
}

/** Pin an article to a place among the visible pins; pins that sleep keep their places. */
function pin(other, place) {
  const others = shown.pins.filter(id => id !== other);
  const next = visiblePins().filter(id => id !== other)[place];
  return change("pin", { other, place: next === undefined ? others.length : others.indexOf(next) });
}

function entry(item) {
  const pins = visiblePins();
  const place = pins.indexOf(item.id);
  const rule = { kind: "pin", a: `id=${shown.article.id}`, b: `id=${item.id}` };
  const buttons = place < 0
    ? [
      button("Pin", item.title, () => pin(item.id, pins.length)),
      button("Block", item.title, () => change("block", { other: item.id })),
    ]
    : [
      button("Move up", item.title, () => pin(item.id, place - 1)),
      button("Move down", item.title, () => pin(item.id, place + 1)),
      button("Unpin", item.title, () => change("drop", rule)),
    ];
  if (place === 0) buttons[0].disabled = true;
  if (place >= 0 && place === pins.length - 1) buttons[1].disabled = true;
  const row = make("li", { draggable: true, className: place < 0 ? "" : "pinned" },
    ...headline(item), group(buttons));
  row.dataset.id = item.id;
  row.addEventListener("dragstart", event => event.dataTransfer.setData("text/plain", item.id));
  row.addEventListener("dragover", event => event.preventDefault());
  row.addEventListener("drop", event => {
    event.preventDefault();
    const moved = event.dataTransfer.getData("text/plain");
    const target = shown.items.findIndex(other => other.id === item.id);
    if (moved !== item.id && shown.items.some(other => other.id === moved))
      attempt(() => pin(moved, Math.min(target, pins.filter(id => id !== moved).length)));
  });
  return row;
}

/** Change a rule of the list on the page, or undo the last change; then show the list again. */
async function change(name, values) {
  const { said } = await ask(name, { identifier: shown.article.id, ...values }, "POST");
  await show(shown.article.id);
  say(said);
}

part("find").addEventListener("submit", event => {
  event.preventDefault();
  attempt(() => search(part("words").value, "found", article => [
    button("Review", article.title, async () => {
      fill("found", []);
      fill("others", []);
      await show(article.id);
      part("title").focus();
      say(counted(shown.items.length, "related article"));
    }),
  ]));
});

part("missing").addEventListener("submit", event => {
  event.preventDefault();
  attempt(() => search(part("other").value, "others", article => [
    button("Why not", article.title, async () => {
      const { said } = await ask("why_not", { identifier: shown.article.id, other: article.id, k });
      say(said);
    }),
    button("Pin", article.title, () => pin(article.id, visiblePins().length)),
  ]));
});

part("undo").addEventListener("click", () => attempt(() => change("undo", {})));
