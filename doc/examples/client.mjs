#!/usr/bin/env node
// client.mjs register EMAIL USERNAME | login NAME | whoami | logout
//
// LATCHKEY_URL is the service; LATCHKEY_SESSION is where the session is kept. In a browser,
// use the cookie instead of tokens: POST /auth/login with "session": "cookie".
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as seconds } from 'node:timers/promises';

const API = `${process.env.LATCHKEY_URL ?? 'https://127.0.0.1:8443'}/api/v1`;
const SESSION = process.env.LATCHKEY_SESSION ?? 'session.json';
// Three of 3 seconds, a second apart: the last begins within the 10 for which a spent
// refresh token is good.
const TRIES = 3;
const REFRESH_SECONDS = 3;

// A failure, as the service tells it (RFC 9457).
class Problem extends Error {
  constructor(status, { code, detail, request_id, errors = [] }) {
    const fields = errors.map(({ field, message }) => `\n  ${field}: ${message}`);
    super(`${code}: ${detail} (request ${request_id})${fields.join('')}`);
    this.status = status;
    this.code = code;
  }
}

// An answer that is a success. 503 means that nothing was done: the same once more.
async function call(method, path, { headers = {}, body, timeout = 15 } = {}) {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(API + path, {
      method,
      headers: body ? { 'Content-Type': 'application/json', ...headers } : headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(1000 * timeout),
    });
    if (answer.ok) {
      return answer;
    }
    if (answer.status !== 503 || attempt === TRIES) {
      throw new Problem(answer.status, await answer.json());
    }
    await seconds(1000 * Number(answer.headers.get('Retry-After') ?? 1));
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(question) {
  process.stderr.write(`${question} `);
  return (await lines.next()).value ?? '';
}

const bearer = (token) => ({ Authorization: `Bearer ${token}` });

// ---- the session ----

// Durably, and whole or not at all, for nobody else to read.
async function keep(tokens) {
  const fresh = `${SESSION}.${process.pid}`;
  const file = await open(fresh, 'w', 0o600);
  await file.writeFile(JSON.stringify(tokens));
  await file.sync();
  await file.close();
  await rename(fresh, SESSION);
}

function kept() {
  if (!existsSync(SESSION)) {
    throw new Error('Not logged in.');
  }
  return JSON.parse(readFileSync(SESSION, 'utf8'));
}

// The next pair. An answer that was lost is asked for again, with the same token.
async function renew(refresh_token) {
  const body = { grant_type: 'refresh_token', refresh_token };
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await call('POST', '/auth/refresh', { body, timeout: REFRESH_SECONDS });
      return await answer.json();
    } catch (problem) {
      const lost = !(problem instanceof Problem) || [502, 504].includes(problem.status);
      if (!lost || attempt === TRIES) {
        throw problem;
      }
      await seconds(1000);
    }
  }
}

async function refreshOnce(refused) {
  let tokens = kept();
  if (tokens.access_token !== refused) {
    return tokens; // somebody else was faster
  }
  try {
    tokens = await renew(tokens.refresh_token);
  } catch (problem) {
    if (problem.status === 401) {
      rmSync(SESSION, { force: true });
      throw new Error('The session is over: log in again.');
    }
    throw problem;
  }
  await keep(tokens); // before they are used
  return tokens;
}

// Tokens in place of those with the access token that was refused. One refresh at a time in
// this process; another that comes with the same token within 10 seconds gets the same pair.
let refreshing = null;

function refresh(refused) {
  refreshing ??= refreshOnce(refused).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

// With the session's access token; refreshes it once if it is refused.
async function send(method, path) {
  const { access_token } = kept();
  try {
    return await call(method, path, { headers: bearer(access_token) });
  } catch (problem) {
    if (problem.status !== 401) {
      throw problem;
    }
  }
  return call(method, path, { headers: bearer((await refresh(access_token)).access_token) });
}

// ---- the commands ----

const commands = {
  async register(email, username) {
    await call('POST', '/register', { body: { email } });
    const registration_code = await ask('The code in the letter:');
    const proof = await call('POST', '/register', { body: { email, registration_code } });
    const { token } = await proof.json();
    const password = await ask('A password:');
    const made = await call('POST', '/register', { body: { token, username, password } });
    console.log('registered', (await made.json()).username);
  },

  async login(name) {
    const password = await ask('The password:');
    const basic = Buffer.from(`${name}:${password}`).toString('base64');
    const answer = await call('POST', '/login', { headers: { Authorization: `Basic ${basic}` } });
    await keep(await answer.json());
    console.log('logged in');
  },

  async whoami() {
    const { headers } = await send('GET', '/auth/verify');
    console.log(headers.get('X-Auth-Username'), headers.get('X-Auth-Roles'));
  },

  async logout() {
    await send('POST', '/auth/logout');
    rmSync(SESSION);
    console.log('logged out');
  },
};

const [name, ...words] = process.argv.slice(2);
try {
  if (!Object.hasOwn(commands, name ?? '') || commands[name].length !== words.length) {
    throw new Error('client.mjs register EMAIL USERNAME | login NAME | whoami | logout');
  }
  await commands[name](...words);
  process.exit();
} catch (problem) {
  console.error(problem.message);
  process.exit(1);
}
