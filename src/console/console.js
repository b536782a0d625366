// The console's few lines of script: colours, keys, live parts, times. Every page can be read without them.
"use strict";
(() => {
  const root = document.documentElement;
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  if (kept()) root.dataset.theme = kept();
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const ago = (at) => {
    let s = Math.round((Date.now() - at) / 1000);
    const ahead = s < 0;
    s = Math.abs(s);
    if (!ahead && s < 5) return "just now";
    const span = s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : s < 86400 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
    return ahead ? `in ${span}` : `${span} ago`;
  };
  const times = () => document.querySelectorAll("time[datetime]").forEach((t) => {
    const text = ago(Date.parse(t.dateTime));
    if (t.textContent !== text) t.textContent = text;
  });

  let first = "";
  const keys = (e) => {
    const typing = e.target.closest("input, textarea, select");
    if (e.key === "Escape" && typing) return typing.blur();
    if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
    const after = first;
    first = "";
    if (after === "g") {
      const to = { f: "/", d: "/documents", x: "/dead", m: "/mappings" }[e.key];
      if (to) { e.preventDefault(); location.href = to; }
    } else if (e.key === "g") {
      first = "g";
    } else if (e.key === "/") {
      const box = document.getElementById("search");
      if (box) { e.preventDefault(); box.focus(); box.select(); }
    } else if (e.key === "?") {
      document.getElementById("help")?.showModal();
    }
  };

  const live = () => {
    const flow = document.getElementById("flow");
    if (!flow) return;
    const stream = new EventSource("/live");
    const put = (id) => (e) => {
      const part = document.getElementById(id);
      // Who stands in it with the keyboard is not thrown out.
      if (!part || part.contains(document.activeElement) || part.dataset.last === e.data) return;
      part.innerHTML = e.data;
      part.dataset.last = e.data;
      root.dataset.live = "on";
      times();
    };
    stream.addEventListener("flow", put("flow"));
    stream.addEventListener("newest", put("newest"));
    stream.addEventListener("away", () => { root.dataset.live = "away"; });
    addEventListener("pagehide", () => stream.close());
  };

  const copy = async (button) => {
    const part = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(part.textContent);
    } catch {
      // Without TLS or the right to it there is no clipboard, but a selection can be copied.
      getSelection().selectAllChildren(part);
      if (!document.execCommand("copy")) return;
    }
    button.textContent = "Copied";
  };

  addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme")?.addEventListener("click", () => {
      const theme = isDark() ? "light" : "dark";
      root.dataset.theme = theme;
      try { localStorage.setItem("theme", theme); } catch { /* kept for this page only */ }
    });
    document.getElementById("keys")?.addEventListener("click", () => document.getElementById("help").showModal());
    document.addEventListener("keydown", keys);
    document.querySelectorAll("button[data-copies]").forEach((button) => button.addEventListener("click", () => copy(button)));
    times();
    setInterval(times, 5000);
    live();
  });
})();
