// What a page of another origin may try with a visitor who is signed in: forms, whose answer
// takes the page's place, and fetch. Its address has the account it would sign the visitor in
// to: #login=…&password=….
const mine = { ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))), session: 'cookie' };

const FORMS = {
  'logout': ['/auth/logout', {}],
  'logout-all': ['/auth/logout-all', {}],
  'verify-email': ['/auth/verify-email', {}],
  'link': ['/social/login/corp', {}],
  'login': ['/auth/login', mine],
  // JSON in the name of a field
  'login-text': ['/auth/login', { [JSON.stringify({ ...mine, x: '' }).slice(0, -2)]: '"}' }, 'text/plain'],
};

const JSON_TYPE = { 'Content-Type': 'application/json' };
const FETCHES = {
  'read': ['/users/me', {}],
  'sessions': ['/users/me/sessions', {}],
  'rename': ['/users/me', { method: 'PATCH', headers: JSON_TYPE, body: '{"username":"stolen"}' }],
  'delete': ['/users/me', { method: 'DELETE' }],
  'logout': ['/auth/logout', { method: 'POST' }],
  'logout-blind': ['/auth/logout', { method: 'POST', mode: 'no-cors' }],
  'link': ['/social/login/corp', { method: 'POST' }],
  'login': ['/auth/login', { method: 'POST', body: new URLSearchParams(mine) }],
};

function button(id, act) {
  const made = Object.assign(document.createElement('button'), { id, textContent: id, onclick: act });
  document.body.append(made);
}

function submit([path, fields, enctype = 'application/x-www-form-urlencoded']) {
  const form = Object.assign(document.createElement('form'), { action: API + path, method: 'post', enctype });
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  }
  document.body.append(form);
  form.submit();
}

async function ask([path, options]) {
  const said = document.getElementById('said');
  said.textContent = '';
  try {
    const answer = await fetch(API + path, { ...options, credentials: 'include' });
    said.textContent = `${answer.type} ${answer.status}`;
  } catch {
    said.textContent = 'blocked';
  }
}

for (const [name, what] of Object.entries(FORMS)) {
  button(`form-${name}`, () => submit(what));
}
for (const [name, what] of Object.entries(FETCHES)) {
  button(`fetch-${name}`, () => ask(what));
}
