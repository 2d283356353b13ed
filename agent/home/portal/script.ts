/**
 * The pages' one script. It only adds: a region that names what it shows (`data-live`) is fetched anew
 * when the box tells that such a thing is different, and one that goes on (`data-again`, seconds)
 * now and then, with the page around it when that has become another. Nothing is lost without it.
 */
export const PORTAL_SCRIPT = `
const from = document.body.dataset.liveFrom;
const kinds = ['reading', 'delivery', 'question', 'device'];
const everything = () => { for (const kind of kinds) due.add(kind); };
const regions = () => [...document.querySelectorAll('[data-live]')];
let due = new Set();
let isFetching = false;

/** True while somebody fills in a form there: it must not be taken from under their fingers. */
const isInUse = (region) => region.contains(document.activeElement) &&
  document.activeElement.matches('input, select, textarea, button');

async function renew() {
  if (isFetching || due.size === 0) return;
  isFetching = true;
  const now = due;
  due = new Set();
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'manual' });
    if (answer.type === 'opaqueredirect') return location.reload();
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    let isNew = false;
    for (const region of regions()) {
      if (!region.dataset.live.split(' ').some((kind) => now.has(kind))) continue;
      const fresh = page.getElementById(region.id);
      if (!fresh || fresh.innerHTML === region.innerHTML) continue;
      if (isInUse(region)) { for (const kind of now) due.add(kind); continue; }
      const focused = region.contains(document.activeElement) ? document.activeElement : undefined;
      const href = focused?.getAttribute('href');
      const opened = [...region.querySelectorAll('details')].map(({ open }) => open);
      region.replaceChildren(...fresh.childNodes);
      region.querySelectorAll('details').forEach((one, at) => { one.open = opened[at] ?? one.open; });
      if (href) region.querySelector('[href="' + CSS.escape(href) + '"]')?.focus();
      if (now.has('reading') && region.dataset.live.includes('reading')) isNew = true;
    }
    if (isNew) say();
  } catch {
    // Out of reach: the next event, or the reader's own reload, fetches it.
  } finally {
    isFetching = false;
  }
}

/** A card's QR code brings the one-time code behind the '#': it is filled in, and stays in no history. */
const codeField = document.getElementById('code');
const [, broughtCode] = /^#(\\d{8})$/.exec(location.hash) ?? [];
if (codeField && broughtCode && location.pathname === '/welcome') {
  codeField.value = broughtCode.slice(0, 4) + ' ' + broughtCode.slice(4);
  history.replaceState(null, '', location.pathname);
}

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

/**
 * Fingerprint, face or the device's lock: shown where the browser can. What is to be signed is asked
 * for when the button is pressed, and the form carries the answer.
 */
const passkeyForm = document.querySelector('form[data-passkey]');
if (passkeyForm && window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
  for (const one of document.querySelectorAll('[data-with-passkey]')) one.hidden = false;
  for (const one of document.querySelectorAll('[data-without-passkey]')) one.hidden = true;
  passkeyForm.addEventListener('submit', (event) => {
    event.preventDefault();
    answerPasskey(passkeyForm);
  });
}

async function answerPasskey(form) {
  const said = form.querySelector('[role=alert]');
  const button = form.querySelector('button');
  said.hidden = true;
  button.disabled = true;
  let text = said.dataset.stopped;
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.passkey, { method: 'POST', body });
    // Signed out meanwhile, or a page of before: the same page anew.
    if (answer.status === 401 || answer.status === 403) return location.reload();
    const asked = await answer.json();
    if (!answer.ok) {
      text = asked.text ?? text;
      if (form.elements.pin) form.elements.pin.value = '';
      throw new Error(answer.status);
    }
    const given = asked.user
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
    form.elements.response.value = JSON.stringify(given.toJSON());
    form.submit();
  } catch (error) {
    said.textContent = error.name === 'InvalidStateError' ? said.dataset.known : text;
    said.hidden = false;
    button.disabled = false;
  }
}

function say() {
  const place = document.getElementById('live-said');
  if (!place) return;
  place.textContent = '';
  setTimeout(() => { place.textContent = place.dataset.said; }, 50);
}

if (from && regions().length > 0) {
  let source;
  let wasOpen = false;
  const listen = () => {
    source = new EventSource(from);
    source.addEventListener('open', () => {
      // What happened while the connection was away was not told.
      if (wasOpen) { everything(); renew(); }
      wasOpen = true;
    });
    source.addEventListener('enough', () => source.close());
    for (const kind of kinds) {
      source.addEventListener(kind, async () => {
        due.add(kind);
        await renew();
        if (due.size > 0) setTimeout(renew, 300);
      });
    }
  };
  listen();
  // One that the browser or the box has given up begins again when somebody looks.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && source.readyState === EventSource.CLOSED) listen();
  });
  addEventListener('focusout', () => setTimeout(renew, 0));
  // When the home's day ends, "today" is "yesterday".
  const dayEnds = () => {
    const left = document.querySelector('[data-day-left]')?.dataset.dayLeft;
    if (left) setTimeout(async () => { everything(); await renew(); dayEnds(); }, Number(left) + 1000);
  };
  dayEnds();
}

/** What goes on is looked at again; a page that has become another takes its place, and is said. */
async function follow(region) {
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'manual' });
    if (answer.type === 'opaqueredirect') return location.reload();
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.getElementById(region.id);
    if (page.title !== document.title || !fresh) {
      const main = document.getElementById('main');
      document.title = page.title;
      main.replaceChildren(...page.getElementById('main').childNodes);
      main.focus();
      return;
    }
    if (fresh.innerHTML === region.innerHTML || isInUse(region)) return;
    const href = region.contains(document.activeElement) && document.activeElement.getAttribute('href');
    const isOpen = region.querySelector('details')?.open;
    region.replaceChildren(...fresh.childNodes);
    const details = region.querySelector('details');
    if (details && isOpen !== undefined) details.open = isOpen;
    if (href) region.querySelector('[href="' + CSS.escape(href) + '"]')?.focus();
  } catch {
    // Out of reach: the next look fetches it.
  }
}

async function keepFollowing() {
  const region = document.querySelector('[data-again]');
  if (!from || !region) return;
  await new Promise((resolve) => setTimeout(resolve, region.dataset.again * 1000));
  if (region.isConnected && !document.hidden) await follow(region);
  keepFollowing();
}
keepFollowing();
`;
