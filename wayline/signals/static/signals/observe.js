// Wayline's browser script: what visitors do on this page, as signals. docs/guide/browser.md explains it.
(() => {
  const me = document.currentScript, own = me.dataset, doc = document, nav = navigator;
  const to = new URL(me.src).origin + "/v1/batch", COOKIE = own.cookie || "wayline_id";
  const refuses = nav.globalPrivacyControl || nav.doNotTrack === "1" || window.doNotTrack === "1";
  const uuid = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`);
  const kept = () => (doc.cookie.match(`(?:^|; )${COOKIE}=([^;]+)`) || [])[1];
  const keep = (id, seconds) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    doc.cookie = `${COOKIE}=${id}; Max-Age=${seconds}; Path=/; SameSite=Lax${secure}`;
  };
  // Without consent the id lives as long as the page; a kept one is a consent given earlier.
  let isAllowed = !refuses && (own.consent !== "required" || !!kept());
  let anonymousId = (!refuses && kept()) || uuid(), userId, queue = [], isSending = false, page, errors = 0;

  const about = () => ({ path: location.pathname, url: location.origin + location.pathname, title: doc.title, referrer: doc.referrer.split(/[?#]/)[0] });
  const campaign = (found = {}) => {
    new URLSearchParams(location.search).forEach((value, name) => { if (name.startsWith("utm_")) found[name.slice(4)] = value; });
    return found;
  };
  const say = (type, fields) => {
    if (!isAllowed || queue.length > 500) return;
    const context = { page: page ? page.about : about(), campaign: page ? page.campaign : campaign(), locale: nav.language };
    queue.push({ type, messageId: uuid(), timestamp: new Date().toISOString(), anonymousId, userId, context, ...fields });
    if (queue.length >= 50) flush();
  };
  const track = (event, properties) => say("track", { event, properties: { channel: "web", step: page && page.step, ...properties } });
  const body = (batch) => JSON.stringify({ writeKey: own.key, sentAt: new Date().toISOString(), batch });
  const flush = () => {
    if (!queue.length || isSending) return;
    const batch = queue.splice(0, 50);
    isSending = true;
    // Plain text needs no question beforehand, and the ids make sending twice harmless.
    fetch(to, { method: "POST", body: body(batch), keepalive: true, credentials: "omit", headers: { "Content-Type": "text/plain" } })
      .then((answer) => { if (answer.status === 429 || answer.status >= 500) throw answer; })
      .catch(() => { queue = batch.concat(queue); })
      .finally(() => { isSending = false; });
  };
  const flushNow = () => {
    while (queue.length) {
      const batch = queue.splice(0, 50);
      if (!nav.sendBeacon(to, new Blob([body(batch)], { type: "text/plain" }))) { queue = batch.concat(queue); return; }
    }
  };

  const isSeen = () => doc.visibilityState === "visible";
  const visible = () => (isSeen() ? performance.now() : 0);
  const rest = () => { if (page && page.since) { page.spent += performance.now() - page.since; page.since = 0; } };
  const arrive = () => {
    const marked = doc.querySelector("[data-wayline-step]");
    page = { about: about(), campaign: campaign(), step: marked ? marked.dataset.waylineStep : undefined, spent: 0, since: visible(), forms: new Map() };
    say("page", { name: doc.title || location.pathname, properties: { step: page.step } });
  };
  const leave = () => {
    if (!page) return;
    rest();
    page.forms.forEach((seen, form) => track("Form Abandoned", { form: named(form), field: seen.field, fields: seen.fields.size }));
    track("Page Left", { seconds: Math.round(page.spent / 100) / 10 });
    page = undefined;
  };
  const turn = () => { if (page && location.pathname !== page.about.path) { leave(); arrive(); } };
  ["pushState", "replaceState"].forEach((name) => {
    const before = history[name];
    history[name] = function (...given) { const answer = before.apply(this, given); turn(); return answer; };
  });

  // Names of elements only, never what is written in them.
  const named = (element) => element.dataset.wayline || element.tagName.toLowerCase() + (element.id ? `#${element.id}` : element.name && typeof element.name === "string" ? `[${element.name}]` : element.classList[0] ? `.${element.classList[0]}` : "");
  const marks = (element) => Object.keys(element.dataset).filter((name) => /^wayline[A-Z]/.test(name)).reduce((found, name) => ({ ...found, [name[7].toLowerCase() + name.slice(8)]: element.dataset[name] }), {});
  const isIgnored = (element) => !element.closest || element.closest("[data-wayline-ignore]");
  let clicks = [], changed = 0;
  const onClick = (happened) => {
    const element = happened.target, at = performance.now();
    if (isIgnored(element) || !page) return;
    const marked = element.closest("[data-wayline]"), button = element.closest("a[href],button,summary,[role=button],[onclick],input[type=submit]");
    if (marked) track(marked.dataset.wayline, marks(marked));
    const x = happened.clientX, y = happened.clientY;
    clicks = clicks.filter((one) => at - one.at < 1000 && Math.abs(one.x - x) < 30 && Math.abs(one.y - y) < 30).concat({ at, x, y });
    if (clicks.length === 3) track("Rage Click", { element: named(button || element) });
    if (!button && getComputedStyle(element).cursor !== "pointer") return;
    const here = location.href, place = page;
    setTimeout(() => {
      if (changed < at && place === page && here === location.href && isSeen()) track("Dead Click", { element: named(button || element) });
    }, 2000);
  };
  const onInput = ({ target }) => {
    const form = target.form;
    if (!page || !form || isIgnored(form)) return;
    const seen = page.forms.get(form) || { fields: new Set() };
    seen.field = target.name || target.id;
    seen.fields.add(seen.field);
    page.forms.set(form, seen);
  };
  const onSubmit = ({ target }) => { if (page && !isIgnored(target)) { page.forms.delete(target); track("Form Submitted", { form: named(target) }); } };
  const onError = (message, file, line) => {
    if (++errors <= 10) track("Error Seen", { kind: "operation", message: String(message).slice(0, 300), file: String(file || "").split(/[?#]/)[0], line });
  };
  const onChange = () => { changed = performance.now(); };
  const begin = () => { if (isAllowed && !page) arrive(); };
  window.wayline = {
    track, flush, identify: (id, traits) => { userId = id; say("identify", { traits }); },
    consent: (isGiven) => {
      if (refuses) return;
      isAllowed = isGiven;
      if (isGiven) { keep(anonymousId, 31536000); begin(); } else { queue = []; page = undefined; userId = undefined; anonymousId = uuid(); if (kept()) keep("", 0); }
    },
  };
  if (refuses) return;
  new MutationObserver(onChange).observe(doc, { subtree: true, childList: true, attributes: true, characterData: true });
  ["scroll", "input", "focusin", "toggle"].forEach((name) => doc.addEventListener(name, onChange, true));
  doc.addEventListener("click", onClick, true);
  doc.addEventListener("input", onInput, true), doc.addEventListener("submit", onSubmit, true);
  addEventListener("popstate", turn);
  addEventListener("error", ({ message, filename, lineno }) => { if (message) onError(message, filename, lineno); });
  addEventListener("unhandledrejection", ({ reason }) => onError(reason && reason.message ? reason.message : reason));
  doc.addEventListener("visibilitychange", () => { if (isSeen()) { if (page) page.since = visible(); } else { rest(); flushNow(); } });
  addEventListener("pagehide", () => { leave(); flushNow(); });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) begin(); });
  setInterval(flush, 3000), begin();
})();
