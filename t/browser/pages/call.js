// The service, as every page here calls it. A token that the page has is sent; `include`
// lets the cookie of a login be kept that POST /social/login begins.
export async function call(method, path, body) {
  const token = sessionStorage.getItem('token');
  const headers = {};
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  if (body) {
    headers['Content-Type'] = 'application/json';
  }
  const answer = await fetch(API + path, { method, headers, body: body && JSON.stringify(body), credentials: 'include' });
  const said = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) {
    throw Object.assign(new Error(said.code), { status: answer.status });
  }
  return said;
}

export const here = location.origin + location.pathname;
export const say = (id, text) => {
  document.getElementById(id).textContent = text;
};

// Does it, and shows how it failed.
export async function attempt(what) {
  say('error', '');
  try {
    await what();
  } catch (problem) {
    say('error', problem.message);
  }
}

export async function showUser() {
  const user = await call('GET', '/users/me');
  say('who', user.email);
  say('id', user.id);
  say('verified', user.email_verified ? 'yes' : 'no');
}

export function showNobody() {
  say('who', 'nobody');
  say('id', '');
  say('verified', '');
}

export function on(form, act) {
  document.getElementById(form).addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(() => act(Object.fromEntries(new FormData(event.target))));
  });
}
