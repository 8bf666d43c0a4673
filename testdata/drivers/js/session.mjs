// Sessions with the server under test, each way that the driver can speak.
import assert from 'node:assert/strict'
import fetch from 'cross-fetch'
import faunadb from 'faunadb'

export const { query: q, values, errors } = faunadb

// The server to talk to, and what opens its root database. The Go tests of
// the drivers start it: see ../go.
const { FAWN_ENDPOINT, FAWN_SECRET: rootSecret } = process.env
if (!FAWN_ENDPOINT || !rootSecret) {
  throw new Error('FAWN_ENDPOINT and FAWN_SECRET must name a started fawn: run the Go tests beside')
}
const server = new URL(FAWN_ENDPOINT)

// The driver's two adapters: HTTP/2 is its default under Node, fetch is what
// browsers and many programs give it, here over HTTP/1.1.
export const adapters = { http2: {}, fetch: { fetch } }

// Session is a client with one secret that keeps the whole of its last reply.
export class Session {
  constructor(adapter, secret = rootSecret) {
    this.adapter = adapter
    this.secret = secret
    this.last = null
    this.client = new faunadb.Client({
      scheme: 'http',
      domain: server.hostname,
      port: Number(server.port),
      secret,
      observer: result => { this.last = result },
      ...adapters[adapter],
    })
  }

  // as runs a test with another secret, over the same adapter.
  async as(secret, test) {
    const session = new Session(this.adapter, secret)
    try {
      return await test(session)
    } finally {
      await session.close()
    }
  }

  // ask answers the value of a query that must succeed with the status.
  async ask(expression, status = 200, options = {}) {
    const value = await this.client.query(expression, options)
    assert.equal(this.last.statusCode, status)
    assert.deepEqual(Object.keys(this.last.responseContent), ['resource'])
    return value
  }

  // refused checks that a query fails with the driver's error class and with
  // exactly these members of "errors".
  async refused(expression, kind, expected, options = {}) {
    await assert.rejects(this.client.query(expression, options), error => {
      assert.ok(error instanceof kind, `${error.name}: ${error.message}`)
      assert.deepEqual(error.errors(), expected)
      return true
    })
  }

  // header answers a header of the last reply.
  header(name) {
    return this.last.responseHeaders[name]
  }

  close() {
    return this.client.close()
  }
}

// inDatabase runs a test with a session that administers a database of its
// own, so that tests share a server and see nothing of each other.
export async function inDatabase(adapter, name, test) {
  const root = new Session(adapter)
  try {
    await root.ask(q.CreateDatabase({ name }), 201)
    const key = await root.ask(q.CreateKey({ database: q.Database(name), role: 'admin' }), 201)
    await root.as(key.secret, test)
  } finally {
    await root.close()
  }
}

// The refs that replies hold.
export const collection = name => new values.Ref(name, values.Native.COLLECTIONS)
export const index = name => new values.Ref(name, values.Native.INDEXES)
export const tokens = new values.Ref('tokens')

// A secret is URL-safe base64 that begins with its kind: 40 characters for a
// key, 51 for a token. The digest of one is shown with the way it was made.
export const keySecret = /^fnA[A-Za-z0-9_-]{37}$/
export const tokenSecret = /^fnE[A-Za-z0-9_-]{48}$/
export const digest = /^sha256:[A-Za-z0-9_-]{43}$/

// sameDocument checks the members of a document that the server chose, and
// compares the others with what is expected, no more and no fewer.
export function sameDocument(got, chosen, expected) {
  const rest = { ...got }
  for (const [name, check] of Object.entries(chosen)) {
    check(rest[name])
    delete rest[name]
  }
  assert.deepEqual(rest, expected)
}

// isTime checks a time of a commit: microseconds since 1970, in this hour.
export function isTime(ts) {
  assert.ok(Number.isInteger(ts), `ts ${ts}`)
  const hour = 3_600_000_000
  assert.ok(Math.abs(ts - Date.now() * 1000) < hour, `ts ${ts} is not about now in microseconds`)
}

// like makes a check of a string against a pattern.
export const like = pattern => value => assert.match(value, pattern)

// refIn makes a check that a value is a ref with a numeric id in a collection.
export const refIn = expected => ref => {
  assert.ok(ref instanceof values.Ref)
  assert.match(ref.id, /^[0-9]{1,19}$/)
  assert.deepEqual(ref.collection, expected)
  assert.equal(ref.database, undefined)
}
