// <related-news src="/related/SOME-ID" heading="Related News" heading-level="2" k="8" layout="cards">
// A list of related articles. What the server has put inside is left as it is.

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`STYLESHEET`);

const DISGUISE = /[\s\\\u0000-\u001f\u007f-\u009f]/;
const LINKABLE = /^(https?:\/\/[^/?#]|(?!\/\/)[^:/?#]*([/?#]|$))/i;
const linkable = (url) => url && !DISGUISE.test(url) && LINKABLE.test(url);
let count = 0;

const put = (parent, name, text, attributes = {}) => {
  const element = parent.appendChild(document.createElement(name));
  if (text) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

class RelatedNews extends HTMLElement {
  static observedAttributes = ["src"];
  #watcher;
  #request;
  #isRead;

  constructor() {
    super();
    this.addEventListener("click", ({ target }) => {
      const link = target.closest("[data-relnews-rank]");
      if (!link) return;
      const detail = { rank: Number(link.dataset.relnewsRank), url: link.href };
      this.dispatchEvent(new CustomEvent("relnews-click", { bubbles: true, detail }));
    });
  }

  connectedCallback() {
    // While the page is read, what is inside of the element may not be there yet.
    if (document.readyState === "loading") {
      addEventListener("DOMContentLoaded", () => this.#wait(), { once: true });
    } else this.#wait();
  }

  disconnectedCallback() {
    this.#stop();
  }

  attributeChangedCallback() {
    if (!this.#isRead || !this.isConnected) return;
    this.replaceChildren();
    this.#wait();
  }

  #stop() {
    this.#watcher?.disconnect();
    this.#request?.abort();
  }

  #wait() {
    this.#stop();
    this.#isRead = true;
    if (!this.isConnected || this.firstElementChild || !this.getAttribute("src")) return;
    const root = this.getRootNode();
    if (!root.adoptedStyleSheets.includes(SHEET)) {
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, SHEET];
    }
    if (this.hasAttribute("settled")) this.hidden = false;
    this.removeAttribute("settled");
    this.setAttribute("state", "waiting");
    this.#watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.#watcher.disconnect();
      this.#load();
    }, { rootMargin: "600px" });
    this.#watcher.observe(this);
  }

  async #load() {
    const request = this.#request = new AbortController();
    let state = "error";
    try {
      const url = new URL(this.getAttribute("src"), document.baseURI);
      if (this.hasAttribute("k")) url.searchParams.set("k", this.getAttribute("k"));
      const answer = await fetch(url, {
        headers: { Accept: "application/json" }, credentials: "omit", signal: request.signal,
      });
      const list = answer.ok ? await answer.json() : {};
      if (request.signal.aborted) return;
      if (list.version === 1) {
        if (list.related.length) this.#show(list.related);
        state = list.related.length ? "ready" : "empty";
      }
    } catch {
      if (request.signal.aborted) return;
      addEventListener("online", () => this.#wait(), { once: true, signal: request.signal });
    }
    this.setAttribute("state", state);
    // Space that nobody sees is given back; what can be seen does not move.
    if (this.getBoundingClientRect().top < innerHeight) return;
    this.setAttribute("settled", "");
    this.hidden = state !== "ready";
  }

  #show(related) {
    const [level] = /^[1-6]$/.exec(this.getAttribute("heading-level")) || [2];
    const id = `related-news-${++count}`;
    const section = put(new DocumentFragment(), "section", "", {
      class: "relnews", "aria-labelledby": id,
    });
    put(section, `h${level}`, this.getAttribute("heading") || "Related News", { id });
    const list = put(section, "ol");
    for (const item of related) {
      const entry = put(list, "li");
      if (linkable(item.image) && /^(https?:|\/)/i.test(item.image)) {
        put(entry, "img", "", {
          src: item.image, alt: item.image_alt || "", width: 150, height: 100, loading: "lazy",
          decoding: "async",
        });
      }
      const title = [item.title, item.dek].find((text) => text?.trim()) || item.id;
      const isLink = linkable(item.url);
      put(entry, isLink ? "a" : "span", title, {
        class: "relnews-title", dir: "auto",
        ...(isLink && { href: item.url, "data-relnews-rank": item.rank }),
        ...(item.language && { lang: item.language }),
      });
      const names = [item.section, item.source].filter(Boolean);
      if (!names.length && !item.published) continue;
      const about = put(entry, "div", "", { class: "relnews-about" });
      // A dot belongs to what follows it: the style hides the one that begins a line.
      const add = (name, text, attributes) => {
        const part = about.firstChild ? put(about, "span") : about;
        if (part !== about) put(part, "span", " · ");
        put(part, name, text, attributes);
      };
      names.forEach((name) => add("bdi", name));
      if (!item.published) continue;
      const day = item.published.replace(/T00:00:00\+.*/, "");
      add("time", this.#date(day), { datetime: day, dir: "auto" });
    }
    this.replaceChildren(section);
  }

  #date(day) {
    const form = { dateStyle: "long", timeZone: "UTC", calendar: "gregory" };
    const language = this.closest("[lang]")?.lang.replace(/^en$/i, "en-GB") || undefined;
    try {
      return new Date(day).toLocaleDateString(language, form);
    } catch {
      return new Date(day).toLocaleDateString(undefined, form);
    }
  }
}

customElements.define("related-news", RelatedNews);
