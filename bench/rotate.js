// What `dunlin reencrypt` is measured against: the loop that such tools are, pages by LIMIT and OFFSET and one UPDATE
// for each row.   node rotate.js fill COUNT | rotate        DATABASE_URL, KEY_OLD, KEY_NEW (ID:BASE64)
const crypto = require('crypto');
const { Client } = require(process.env.NPM + '/node_modules/pg');

const PAGE = 100;
const key = (text) => ({ id: text.split(':')[0], bytes: Buffer.from(text.split(':')[1], 'base64') });
const [oldKey, newKey] = [key(process.env.KEY_OLD), key(process.env.KEY_NEW)];

function seal(bytes, plaintext) {
  const nonce = crypto.randomBytes(12);
  const cipher = crypto.createCipheriv('aes-256-gcm', bytes, nonce);
  return { nonce, sealed: Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]) };
}

function open(bytes, nonce, sealed) {
  const cipher = crypto.createDecipheriv('aes-256-gcm', bytes, nonce);
  cipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
}

function encrypt(plaintext, kek) {
  const dek = crypto.randomBytes(32);
  const wrapped = seal(kek.bytes, dek);
  const data = seal(dek, plaintext);
  return { version: 1, alg: 'AES-256-GCM', key_id: kek.id,
    dek_wrapped: Buffer.concat([wrapped.nonce, wrapped.sealed]).toString('base64'),
    nonce: data.nonce.toString('base64'), ciphertext: data.sealed.toString('base64') };
}

function decrypt(payload, kek) {
  const wrapped = Buffer.from(payload.dek_wrapped, 'base64');
  const dek = open(kek.bytes, wrapped.subarray(0, 12), wrapped.subarray(12));
  return open(dek, Buffer.from(payload.nonce, 'base64'), Buffer.from(payload.ciphertext, 'base64'));
}

async function fill(client, count) {
  await client.query('CREATE TABLE users (id bigint PRIMARY KEY, token_encrypted jsonb)');
  for (let first = 1; first <= count; first += 1000) {
    const values = [];
    for (let id = first; id < first + 1000 && id <= count; ++id) values.push(encrypt(Buffer.from('token ' + id), oldKey));
    await client.query('INSERT INTO users SELECT $1 + place - 1, value FROM jsonb_array_elements($2) WITH ORDINALITY AS t(value, place)',
      [first, JSON.stringify(values)]);
  }
  await client.query('VACUUM ANALYZE users');
}

async function rotate(client) {
  for (let offset = 0; ; offset += PAGE) {
    const page = await client.query('SELECT id, token_encrypted FROM users ORDER BY id LIMIT $1 OFFSET $2', [PAGE, offset]);
    for (const row of page.rows) {
      if (row.token_encrypted.key_id === newKey.id) continue;
      const payload = encrypt(decrypt(row.token_encrypted, oldKey), newKey);
      await client.query('UPDATE users SET token_encrypted = $1 WHERE id = $2', [payload, row.id]);
    }
    if (page.rows.length < PAGE) return;
  }
}

(async () => {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  if (process.argv[2] === 'fill') await fill(client, Number(process.argv[3]));
  else await rotate(client);
  await client.end();
})().catch((error) => { console.error(error); process.exit(1); });
