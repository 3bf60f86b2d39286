// A page that is signed in by a cookie which no script sees.
import { attempt, call, here, on, say, showNobody, showUser } from './call.js';

async function show() {
  try {
    await showUser();
  } catch (problem) {
    if (problem.status !== 401) {
      throw problem;
    }
    showNobody();
  }
}

on('password', async (form) => {
  await call('POST', '/auth/login', { ...form, session: 'cookie' });
  await show();
});

on('out', async () => {
  await call('POST', '/auth/logout');
  await show();
});

document.getElementById('in-google').href += encodeURIComponent(here);
await attempt(async () => {
  const failed = new URLSearchParams(location.search).get('error');
  history.replaceState(null, '', here);
  await show();
  if (failed) {
    throw new Error(failed);
  }
});
