// An OpenID provider on loopback HTTP: oidc-provider with a login page of one field. It is
// an issuer of machine tokens as Auth0 is, and a social provider. The first line of
// standard input says what it is:
//
//   port       where it listens on 127.0.0.1
//   jwks       its keys, private (JSON Web Key Set); the first signs ID tokens
//   clients    of oidc-provider: client_id, client_secret, grant_types, redirect_uris …
//   resources  {AUDIENCE: {scope, alg, permissions, claims}}: what machine tokens are for
//   accounts   [{sub, email, email_verified, …}]: who can log in, by sub
//   plain_jwt  true: access tokens of type JWT, with azp and gty, as Auth0's are
//
// It prints `ready URL`, then a line for each request, and ends with standard input.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Provider, errors } from 'oidc-provider';

const lines = createInterface({ input: process.stdin });
const settings = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
const { port, jwks, clients = [], resources = {}, accounts = [], plain_jwt } = settings;
const url = `http://127.0.0.1:${port}`;

const account = (sub) => accounts.find((one) => one.sub === sub);

function resource(audience) {
  const { scope, alg } = resources[audience] ?? {};
  if (!scope) {
    throw new errors.InvalidTarget();
  }
  return { audience, scope, accessTokenFormat: 'jwt', accessTokenTTL: 3600, jwt: { sign: { alg } } };
}

function asAuth0(jwt) {
  const { payload } = jwt;

  jwt.header = { typ: 'JWT' };
  payload.azp = payload.client_id;
  payload.gty = 'client-credentials';
  payload.sub = `${payload.client_id}@clients`;
  delete payload.client_id;
  delete payload.jti;
}

// Whoever has logged in has consented to all that is asked for.
async function consented({ oidc }) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope(oidc.params.scope);
  await grant.save();
  return grant;
}

const provider = new Provider(url, {
  clients,
  clientDefaults: { id_token_signed_response_alg: jwks.keys[0].alg },
  jwks,
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
  conformIdTokenClaims: false, // as others, it says the e-mail in the ID token
  // Cookies know nothing of ports: several providers share a browser's host
  cookies: { keys: ['not a secret'], names: { session: `s${port}`, interaction: `i${port}`, resume: `r${port}` } },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: { enabled: true, getResourceServerInfo: (ctx, audience) => resource(audience) },
  },
  ttl: { AccessToken: 600, ClientCredentials: 3600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  pkce: { methods: ['S256'], required: () => true },
  interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
  findAccount: (ctx, sub) => account(sub) && { accountId: sub, claims: () => account(sub) },
  loadExistingGrant: consented,
  extraTokenClaims: (ctx, { aud }) => ({ permissions: resources[aud]?.permissions, ...resources[aud]?.claims }),
  formats: { customizers: { jwt: (ctx, token, jwt) => plain_jwt && asAuth0(jwt) } },
  renderError: (ctx, { error, error_description }) => {
    ctx.body = `${error}: ${error_description}\n`;
  },
});

provider.on('server_error', (ctx, problem) => console.error(problem));

const escape = (word) => String(word).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const page = ({ prompt, params }) => `<!doctype html><meta charset="utf-8"><title>Log in</title>
<form method="post"><p>${escape(params.client_id)} asks for ${escape(params.scope)} (${escape(prompt.name)})
<p><input name="login" list="accounts" autofocus>
<datalist id="accounts">${accounts.map(({ sub }) => `<option value="${escape(sub)}">`).join('')}</datalist>
<button name="action" value="login">Log in</button> <button name="action" value="deny">Deny</button></form>
`;

async function interact(req, res) {
  const details = await provider.interactionDetails(req, res);
  if (req.method !== 'POST') {
    res.setHeader('Content-Type', 'text/html').end(page(details));
    return;
  }
  const form = new URLSearchParams(await text(req));
  const denied = form.get('action') === 'deny';
  if (!denied && !account(form.get('login'))) {
    res.writeHead(400).end('there is no such account\n');
    return;
  }
  await provider.interactionFinished(req, res, denied
    ? { error: 'access_denied', error_description: 'the user said no' }
    : { login: { accountId: form.get('login') } });
}

const answer = provider.callback();
createServer((req, res) => {
  const path = req.url.split('?')[0];
  console.log(req.method, path);
  if (path.startsWith('/interaction/')) {
    interact(req, res).catch((problem) => res.writeHead(400).end(`${problem.message}\n`));
  } else {
    answer(req, res);
  }
}).listen(port, '127.0.0.1', () => console.log('ready', url));
lines.on('close', () => process.exit());
