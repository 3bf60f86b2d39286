// An application that holds tokens, one login a tab.
import { attempt, call, here, on, say, showNobody, showUser } from './call.js';

// Of this tab: a login that comes back with another was not begun here.
const mine = sessionStorage.getItem('mine') ?? crypto.randomUUID();
sessionStorage.setItem('mine', mine);
const returnTo = `${here}?mine=${mine}`;

function element(name, text, more) {
  return Object.assign(document.createElement(name), { textContent: text }, more);
}

async function showAccounts() {
  const { items } = await call('GET', '/users/me/social-accounts/');
  document.getElementById('accounts').replaceChildren(...items.map(({ id, provider, email }) => {
    const item = element('li', `${provider} ${email} `);
    item.append(element('button', 'Unlink', { value: provider, onclick: () => attempt(() => unlink(id)) }));
    return item;
  }));
}

async function show() {
  document.getElementById('accounts').replaceChildren();
  if (!sessionStorage.getItem('token')) {
    showNobody();
    return;
  }
  try {
    await showUser();
    await showAccounts();
  } catch (problem) {
    if (problem.status === 401) {
      sessionStorage.removeItem('token');
      showNobody();
    }
    throw problem;
  }
}

async function unlink(id) {
  await call('DELETE', `/users/me/social-accounts/${id}`);
  await showAccounts();
}

async function link(provider) {
  const begun = await call('POST', `/social/login/${provider}`, { return_to: returnTo });
  location.assign(begun.authorization_url);
}

const keep = (pair) => sessionStorage.setItem('token', pair.access_token);

// Back from a provider: neither the code nor the error stays in the history.
async function arrive() {
  const asked = new URLSearchParams(location.search);
  history.replaceState(null, '', here);
  if (asked.has('code') && asked.get('mine') !== mine) {
    throw new Error('not begun here');
  }
  if (asked.has('code')) {
    keep(await call('POST', '/social/exchange', { code: asked.get('code') }));
  }
  if (asked.has('error')) {
    throw new Error(asked.get('error'));
  }
}

on('password', async (form) => {
  keep(await call('POST', '/auth/login', form));
  await show();
});

on('out', async () => {
  await call('POST', '/auth/logout');
  sessionStorage.removeItem('token');
  await show();
});

for (const provider of PROVIDERS) {
  const href = `${API}/social/login/${provider}?return_to=${encodeURIComponent(returnTo)}`;
  document.getElementById('in').append(element('a', `Sign in with ${provider}`, { id: `in-${provider}`, href }), ' ');
  document.getElementById('link').append(element('button', `Link ${provider}`,
    { id: `link-${provider}`, onclick: () => attempt(() => link(provider)) }), ' ');
}

await attempt(async () => {
  try {
    await arrive();
  } finally {
    await show();
  }
});
