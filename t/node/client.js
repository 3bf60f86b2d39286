// openid-client, as it comes, as a machine client of the service: for each way of showing
// its secret it asks for a token, uses it, and revokes it. Reads {url, client_id,
// client_secret, scope} from standard input and prints what it saw.
import { text } from 'node:stream/consumers';
import { Issuer } from 'openid-client';

const { url, client_id, client_secret, scope } = JSON.parse(await text(process.stdin));
const issuer = await Issuer.discover(`${url}/.well-known/oauth-authorization-server`);

async function use(token_endpoint_auth_method) {
  const client = new issuer.Client({ client_id, client_secret, token_endpoint_auth_method });
  const token = await client.grant({ grant_type: 'client_credentials', scope });
  const look = async () => ({
    introspection: await client.introspect(token.access_token),
    status: (await client.requestResource(`${url}/api/v1/roles/`, token.access_token)).statusCode,
  });
  const before = await look();
  await client.revoke(token.access_token);
  return { token, before, after: await look() };
}

// What a client is told that shows the wrong secret
async function fail(token_endpoint_auth_method) {
  const client = new issuer.Client({ client_id, client_secret: 'wrong', token_endpoint_auth_method });
  return client.grant({ grant_type: 'client_credentials' }).then(
    () => ({ error: null }),
    ({ name, error, response }) => ({ name, error, status: response?.statusCode }),
  );
}

const seen = { metadata: issuer.metadata };
for (const method of ['client_secret_basic', 'client_secret_post']) {
  seen[method] = { ...(await use(method)), wrong: await fail(method) };
}
console.log(JSON.stringify(seen));
