// Filters, highlights and keyboard control. Without this script, a page shows everything. Each root
// is set up once and only reads elements within itself, as a notebook can have several outputs.
(() => {
  "use strict";
  const MOVES = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  const isDrawn = (element) => element.getClientRects().length > 0;

  // Collect the mentions and relations of a section, each with all elements that show it.
  function readDocument(section) {
    const mentions = [];
    // The first part of a mention is its box. A denied mention also has a line through its text.
    for (const part of section.querySelectorAll("[data-mention]")) {
      const { mention: i, type, assertion } = part.dataset;
      const assertions = assertion?.split(" ") ?? [];
      mentions[i] ??= { type: +type, assertions, parts: [], relations: [] };
      mentions[i].parts.push(part);
    }
    const relations = Array.from(section.querySelectorAll("tbody tr"), (row) => {
      const { head, tail, label, score } = row.dataset;
      const ends = [mentions[head], mentions[tail]];
      return { row, ends, label: +label, score: +(score ?? 100), parts: [row], off: false };
    });
    for (const relation of relations) {
      for (const end of new Set(relation.ends)) end.relations.push(relation);
    }
    for (const part of section.querySelectorAll("g[data-relation]")) {
      relations[part.dataset.relation].parts.push(part);
    }
    return { section, mentions, relations, list: section.querySelector(".list") };
  }

  // Move the visible arcs of a line down to the lowest levels, in the same order.
  function lowerArcs(line) {
    const groups = Array.from(line.querySelectorAll("[data-level]"));
    const levels = new Set(groups.map((group) => +group.dataset.level));
    const shown = groups.filter((group) => !group.classList.contains("off"));
    const used = [...new Set(shown.map((group) => +group.dataset.level))].sort((a, b) => a - b);
    const ranks = new Map(used.map((level, rank) => [level, rank]));
    const step = +line.dataset.step;
    for (const group of shown) {
      const down = (group.dataset.level - ranks.get(+group.dataset.level)) * step;
      if (group.classList.contains("label")) {
        group.setAttribute("transform", `translate(0 ${down})`);
        continue;
      }
      const path = group.querySelector("path");
      path.dataset.d ??= path.getAttribute("d");
      // The first V of a path goes up from its left foot. The commands after it are relative.
      const moved = path.dataset.d.replace(/V(-?[\d.]+)/, (_, y) => `V${+y + down}`);
      path.setAttribute("d", moved);
    }
    // Crop the drawing at its top instead of laying it out again.
    const { width, height } = line.viewBox.baseVal;
    line.style.aspectRatio = `${width} / ${height - (levels.size - used.length) * step}`;
  }

  const STOPS = "td button, .label";
  const stopsIn = (part) =>
    part.matches(STOPS) ? [part] : Array.from(part.querySelectorAll(STOPS));
  const isOff = (stop) => stop.closest("[data-relation]").classList.contains("off");
  const freeStops = (container) => stopsIn(container).filter((stop) => !isOff(stop));
  const noteOf = (part) => part.querySelector("title").textContent;
  const nameOf = (relation) => noteOf(relation.parts[1]);

  // Tab stops once at each list and each drawing. Arrow keys move within them.
  function moveStop(container, stop) {
    for (const old of container.querySelectorAll("[tabindex='0']")) old.tabIndex = -1;
    if (stop) stop.tabIndex = 0;
  }

  function makeStops(relation) {
    const button = document.createElement("button");
    const cell = relation.row.cells[1];
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    for (const stop of relation.parts.flatMap(stopsIn)) {
      stop.tabIndex = -1;
      stop.setAttribute("role", "button");
      stop.setAttribute("aria-pressed", "false");
      stop.setAttribute("aria-label", nameOf(relation));
    }
  }

  // Show or hide all elements of an item. Collect the lines that lose or gain an arc.
  function hide(item, off, lines) {
    if (item.off === off) return;
    item.off = off;
    for (const part of item.parts) {
      part.classList.toggle("off", off);
      if (part.dataset.level) lines.add(part.closest("svg"));
    }
  }

  // The check boxes and the slider, which show and hide items of all documents.
  class Filters {
    constructor(root, docs, changed) {
      this.docs = docs;
      this.changed = changed;
      this.panel = root.querySelector(".filters");
      this.shown = root.querySelector(".shown");
      this.slider = root.querySelector("input[type=range]");
      this.boxes = Array.from(root.querySelectorAll(".filters input[type=checkbox]"));
      if (!this.panel) return;
      this.panel.open = root.clientWidth > 900;
      this.panel.addEventListener("input", () => this.filter());
      for (const button of this.panel.querySelectorAll("button[data-set]")) {
        button.addEventListener("click", () => this.press(button));
      }
    }

    apply(types, assertions, labels, least) {
      const lines = new Set();
      let count = 0;
      for (const { mentions, relations } of this.docs.values()) {
        for (const mention of mentions) {
          const off = types[mention.type] === false ||
            mention.assertions.some((assertion) => assertions[assertion] === false);
          hide(mention, off, lines);
        }
        for (const relation of relations) {
          const off = labels[relation.label] === false || relation.score < least;
          hide(relation, off || relation.ends.some((end) => end.off), lines);
          count += !relation.off;
        }
      }
      lines.forEach(lowerArcs);
      return count;
    }

    filter() {
      const chosen = (name) =>
        this.boxes.filter((box) => box.name === name).map((box) => box.checked);
      const least = this.slider ? +this.slider.value : 0;
      if (this.slider) this.slider.nextElementSibling.textContent = `≥ ${least}%`;
      const count = this.apply(chosen("type"), chosen("assertion"), chosen("label"), least);
      if (this.shown) this.shown.textContent = count;
      this.changed();
    }

    press(button) {
      const { set } = button.dataset;
      const fieldset = button.closest("fieldset");
      for (const box of this.boxes) {
        if (set === "reset" || fieldset?.contains(box)) box.checked = set !== "none";
      }
      if (this.slider && set === "reset") this.slider.value = 0;
      this.filter();
    }

    // Close the panel. RETURNS whether it was open and had the focus.
    close() {
      if (!this.panel?.open || !this.panel.contains(document.activeElement)) return false;
      this.panel.open = false;
      this.panel.querySelector("summary").focus();
      return true;
    }
  }

  // Show the tooltip of a mention also on its text, which is above its box.
  function setTooltip(text, choice) {
    if (!text) return;
    text.querySelector("title")?.remove();
    if (!choice?.mentionParts.length) return;
    const title = document.createElementNS(text.namespaceURI, "title");
    title.textContent = noteOf(choice.mentionParts[0]);
    text.append(title);
  }

  // The highlighted item: the one under the pointer, else the focused one, else the selected one.
  class Highlights {
    constructor(root, docs) {
      this.root = root;
      this.docs = docs;
      this.status = root.querySelector(".picked");
      this.hovered = this.focused = this.pinned = null;
      this.lit = [];
    }

    // The text is above the boxes of its mentions, so that it can be selected. Search below it.
    find({ target, clientX, clientY }) {
      const under = target.closest(".text") ? document.elementsFromPoint(clientX, clientY) : [];
      const element = (under.find((candidate) => candidate.closest(".mention")) ?? target).closest(
        "[data-relation], [data-mention]"
      );
      const doc = element && this.docs.get(element.closest("section"));
      if (!doc) return null;
      const { relation, mention } = element.dataset;
      if (relation) return { doc, element, items: [doc.relations[relation]], mentionParts: [] };
      const { relations, parts } = doc.mentions[mention];
      return { doc, element, items: relations, mentionParts: parts };
    }

    refresh() {
      for (const element of this.lit) element.classList.remove("on", "lit");
      this.lit = [];
      const choice = this.hovered ?? this.focused ?? this.pinned;
      if (choice) {
        const items = choice.items.filter((relation) => !relation.off);
        const all = [...items, ...items.flatMap((relation) => relation.ends)];
        const parts = all.flatMap((item) => item.parts).concat(choice.mentionParts);
        for (const part of parts) part.classList.add("on");
        const drawings = choice.doc.section.querySelectorAll(".drawing");
        for (const drawing of drawings) drawing.classList.add("lit");
        this.lit = [...parts, ...drawings];
      }
      const announced = this.focused ?? this.pinned;
      let text = announced?.items.length === 1 ? nameOf(announced.items[0]) : "";
      if (announced?.mentionParts.length) text = noteOf(announced.mentionParts[0]);
      if (this.status.textContent !== text) this.status.textContent = text;
    }

    pin(choice) {
      const previous = this.pinned;
      const isSame = previous && choice && previous.items[0] === choice.items[0] &&
        previous.mentionParts[0] === choice.mentionParts[0];
      this.pinned = isSame ? null : choice;
      for (const changed of [previous, this.pinned]) {
        if (!changed || changed.mentionParts.length) continue;
        for (const stop of changed.items[0].parts.flatMap(stopsIn)) {
          stop.setAttribute("aria-pressed", String(changed === this.pinned));
        }
      }
      if (this.pinned) this.scrollToOther(this.pinned, true);
      this.refresh();
    }

    // Scroll from a row to its arc, or from an arc to its row.
    scrollToOther({ doc, element, items }, isSelected) {
      const isBeside = doc.list && getComputedStyle(doc.list).position === "sticky";
      const row = element.closest("tr");
      if (!items.length || !(isBeside || (isSelected && row))) return;
      const targets = row ? items[0].parts.slice(1).filter(isDrawn) : [items[0].row];
      targets[0]?.scrollIntoView({ block: "nearest" });
    }

    clear() {
      if (this.pinned) this.pin(this.pinned);
      this.hovered = this.focused = null;
      this.refresh();
    }

    listen() {
      const show = (key, choice) => {
        if (choice?.element === this[key]?.element) return;
        this[key] = choice;
        this.refresh();
      };
      this.root.addEventListener("pointermove", (event) => {
        if (event.pointerType !== "mouse") return;
        const choice = this.find(event);
        show("hovered", choice);
        setTooltip(event.target.closest(".text"), choice);
      });
      this.root.addEventListener("pointerleave", () => show("hovered", null));
      this.root.addEventListener("focusout", () => show("focused", null));
      this.root.addEventListener("focusin", ({ target }) => {
        if (!target.matches(STOPS)) return;
        moveStop(target.closest("tbody, .drawing"), target);
        show("focused", this.find({ target }));
        this.scrollToOther(this.focused, false);
      });
      this.root.addEventListener("click", (event) => {
        if (event.target.closest(".bar")) return;
        const choice = this.find(event);
        if (choice || this.pinned) this.pin(choice ?? this.pinned);
      });
    }
  }

  function onKey(event, highlights, filters) {
    if (event.key === "Escape") {
      if (!filters.close()) highlights.clear();
      return;
    }
    const stop = event.target.closest(STOPS);
    if (!stop) return;
    const stops = freeStops(stop.closest("tbody, .drawing"));
    const ends = { Home: 0, End: stops.length - 1 };
    const next = stops[ends[event.key] ?? stops.indexOf(stop) + MOVES[event.key]];
    // The browser handles Enter for the buttons of the list.
    const pressed = !stop.matches("button") && (event.key === "Enter" || event.key === " ");
    if (next) next.focus();
    if (pressed) highlights.pin(highlights.find({ target: stop }));
    if (next || pressed) event.preventDefault();
  }

  function setUpTheme(root) {
    const button = root.querySelector(".theme");
    const preferred = matchMedia("(prefers-color-scheme:dark)");
    // One of light and dark if the button or the theme of JupyterLab sets it, else both.
    const isDark = () => {
      const scheme = getComputedStyle(root).colorScheme;
      return scheme === "dark" || (scheme !== "light" && preferred.matches);
    };
    const show = () => button.setAttribute("aria-pressed", String(isDark()));
    button.hidden = !CSS.supports("color", "light-dark(red,red)");
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      show();
    });
    preferred.addEventListener("change", show);
    new MutationObserver(show).observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
    show();
  }

  function setUp(root) {
    root.dataset.live = "";
    const sections = Array.from(root.querySelectorAll("section"));
    const docs = new Map(sections.map((section) => [section, readDocument(section)]));
    for (const { relations } of docs.values()) relations.forEach(makeStops);
    const highlights = new Highlights(root, docs);
    const filters = new Filters(root, docs, () => {
      for (const container of root.querySelectorAll("tbody, .drawing")) {
        const stop = container.querySelector("[tabindex='0']");
        if (!stop || isOff(stop)) moveStop(container, freeStops(container)[0]);
      }
      highlights.refresh();
    });
    highlights.listen();
    root.addEventListener("keydown", (event) => onKey(event, highlights, filters));
    setUpTheme(root);
    const bar = root.querySelector(".bar");
    bar.hidden = false;
    new ResizeObserver(() => {
      root.style.setProperty("--bar", `${bar.offsetHeight}px`);
    }).observe(bar);
    // Print everything, whatever the filters hide.
    addEventListener("beforeprint", () => filters.apply([], [], [], 0));
    addEventListener("afterprint", () => filters.filter());
    filters.filter();
  }

  document.querySelectorAll(".clinrel:not([data-live])").forEach(setUp);
})();
