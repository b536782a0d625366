// The editor of mappings: at each key the hub says what the text makes of the sample; a field leads to its bytes and line.
"use strict";
(() => {
  const form = document.getElementById("editor");
  const [sample, text, lines, result, took] = ["sample", "text", "lines", "result", "took"].map((id) => document.getElementById(id));
  const number = () => {
    const wrong = new Set([...result.querySelectorAll(".lints [data-line]")].map((e) => Number(e.dataset.line)));
    const many = text.value.split("\n").length;
    lines.replaceChildren(...Array.from({ length: many }, (_, n) => {
      const line = document.createElement("span");
      line.textContent = `${n + 1}\n`;
      if (wrong.has(n + 1)) line.className = "bad";
      return line;
    }));
    lines.scrollTop = text.scrollTop;
  };

  // One question at a time: keys that come meanwhile are asked together.
  let running = false, since = null, all = false;
  const ask = async () => {
    if (running) return;
    running = true;
    const began = since;
    since = null;
    try {
      const body = new URLSearchParams(new FormData(form));
      body.set("part", "1");
      if (all) body.set("all", "1");
      const answer = await fetch(form.action, { method: "POST", body });
      // A session that ended leads to the login page.
      if (answer.redirected) return location.reload();
      result.innerHTML = await answer.text();
      number();
      const micros = Number(result.querySelector("[data-micros]")?.dataset.micros ?? 0);
      const whole = performance.now() - began;
      took.textContent = `${Math.round(whole)} ms, ${(micros / 1000).toFixed(1)} of them in the hub`;
      form.dataset.took = String(whole);
      form.dataset.answers = String(Number(form.dataset.answers ?? 0) + 1);
    } catch {
      took.textContent = "the hub can't be reached";
    } finally {
      running = false;
      if (since !== null) ask();
    }
  };
  const changed = () => { since ??= performance.now(); ask(); };
  const show = (area, from, to) => {
    area.focus();
    area.setSelectionRange(from, to);
    const row = area.value.slice(0, from).split("\n").length - 1;
    const height = parseFloat(getComputedStyle(area).lineHeight);
    area.scrollTop = Math.max(0, row * height - area.clientHeight / 2);
  };
  const start = (line) => text.value.split("\n").slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0);

  text.addEventListener("input", () => { number(); changed(); });
  sample.addEventListener("input", changed);
  text.addEventListener("scroll", () => { lines.scrollTop = text.scrollTop; });
  result.addEventListener("click", (e) => {
    if (e.target.closest(".more")) { all = true; return changed(); }
    const jump = e.target.closest(".jump");
    if (!jump) return;
    const { line, column, from, to } = jump.dataset;
    if (line) {
      const at = start(Number(line)), end = text.value.indexOf("\n", at);
      if (column) show(text, at + Number(column) - 1, at + Number(column) - 1);
      else show(text, at, end < 0 ? text.value.length : end);
    }
    if (from) show(sample, Number(from), Number(to));
  });
  // Where the cursor stands in the sample, the field that was made of it is marked.
  sample.addEventListener("select", () => mark());
  sample.addEventListener("click", () => mark());
  const mark = () => {
    const at = sample.selectionStart;
    let first = true;
    result.querySelectorAll(".made tr").forEach((row) => {
      const jump = row.querySelector(".jump");
      const on = jump.dataset.from !== undefined && Number(jump.dataset.from) <= at && at <= Number(jump.dataset.to);
      row.classList.toggle("on", on);
      if (on && first) { row.scrollIntoView({ block: "nearest" }); first = false; }
    });
  };
  number();
})();
