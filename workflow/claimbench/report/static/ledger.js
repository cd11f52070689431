/* The ledger's search, filters and sorting. The state stands in the address after #, so that a view can be kept and sent. */
"use strict";

(() => {
  const table = document.getElementById("papers");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const form = document.getElementById("controls");
  const search = document.getElementById("q");
  const count = document.getElementById("count");
  const none = document.getElementById("none");
  const statements = window.claimbenchStatements || {};
  const facets = { study: 2, family: 3, fidelity: 4, verdict: 5 };
  const selects = Object.fromEntries(Object.keys(facets).map((name) => [name, document.getElementById("f-" + name)]));

  const rows = [...body.rows].map((row, place) => {
    const cells = [...row.cells].map((cell) => cell.textContent.trim());
    const key = row.querySelector("code").textContent;
    const title = row.querySelector("a").textContent;
    cells[1] = title;
    return { row, place, cells, words: [title, key, statements[key] || ""].join(" ").toLowerCase() };
  });

  const initial = Object.fromEntries(Object.keys(facets).map((name) => [name, ""]));
  let state = { q: "", sort: "", ...initial };

  /* Numbers are written with a true minus sign; "2/3" sorts by its first number. Empty cells come last in both directions. */
  const number = (text) => parseFloat(text.replace("−", "-"));
  const collator = new Intl.Collator("en", { sensitivity: "base", numeric: true });

  function sorted() {
    if (!state.sort) return [...rows].sort((a, b) => a.place - b.place);
    const down = state.sort.startsWith("-");
    const index = heads.findIndex((head) => head.dataset.name === state.sort.replace(/^-/, ""));
    const numeric = "numeric" in heads[index].dataset;
    return [...rows].sort((a, b) => {
      const [x, y] = [a.cells[index], b.cells[index]];
      if (!x || !y) return (x ? 0 : 1) - (y ? 0 : 1) || a.place - b.place;
      const order = numeric ? number(x) - number(y) : collator.compare(x, y);
      return (down ? -order : order) || a.place - b.place;
    });
  }

  const matches = (item, words, without) =>
    words.every((word) => item.words.includes(word)) &&
    Object.entries(facets).every(([name, index]) => name === without || !state[name] || item.cells[index] === state[name]);

  /* Each filter's counts are those that its choices would give with all other filters as they are. */
  function recount(words) {
    for (const [name, index] of Object.entries(facets)) {
      const counts = {};
      for (const item of rows) if (matches(item, words, name)) counts[item.cells[index]] = (counts[item.cells[index]] || 0) + 1;
      for (const option of selects[name].options) if (option.value) option.textContent = `${option.value} (${counts[option.value] || 0})`;
    }
  }

  function show() {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const item of rows) {
      const match = matches(item, words);
      item.row.hidden = !match;
      found += match;
    }
    body.append(...sorted().map((item) => item.row));
    recount(words);
    for (const head of heads) {
      const up = state.sort === head.dataset.name;
      const down = state.sort === "-" + head.dataset.name;
      if (up || down) head.setAttribute("aria-sort", up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    count.textContent = found === rows.length ? `${found} papers` : `${found} of ${rows.length} papers`;
    none.hidden = found > 0;
  }

  function save() {
    const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
    history.replaceState(null, "", query.size || location.hash.includes("=") ? "#" + query : location.hash || "#");
  }

  function restore() {
    const query = new URLSearchParams(location.hash.slice(1));
    const sort = query.get("sort") || "";
    state = { q: query.get("q") || "", sort: heads.some((head) => head.dataset.name === sort.replace(/^-/, "")) ? sort : "", ...initial };
    search.value = state.q;
    for (const [name, select] of Object.entries(selects)) {
      select.value = query.get(name) || "";
      state[name] = select.value;
    }
  }

  function changed(change) {
    Object.assign(state, change);
    save();
    show();
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.dataset.name = head.textContent.replace(/\W/g, "").toLowerCase();
    head.replaceChildren(button);
    button.addEventListener("click", () => changed({ sort: state.sort === head.dataset.name ? "-" + head.dataset.name : head.dataset.name }));
  }
  search.addEventListener("input", () => changed({ q: search.value.trim() }));
  for (const [name, select] of Object.entries(selects)) select.addEventListener("change", () => changed({ [name]: select.value }));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => changed({ q: "", sort: "", ...initial })));
  window.addEventListener("hashchange", () => {
    if (location.hash.includes("=")) {
      restore();
      show();
    }
  });

  form.hidden = false;
  restore();
  show();
  if (location.hash.includes("=")) document.getElementById("ledger").scrollIntoView();
})();
