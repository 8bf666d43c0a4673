// What the driver's own suite asserts of any server: headers, times, the forms
// of values, and the error class of each status.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  adapters, collection, errors, inDatabase, isTime, q, sameDocument, values,
} from './session.mjs'

for (const adapter of Object.keys(adapters)) {
  test(`the wire over ${adapter}`, t => inDatabase(adapter, `wire_${adapter}`, db => wire(t, db)))
}

async function wire(t, db) {
  await t.test('ping', async () => {
    assert.equal(await db.client.ping('node'), 'Scope node is OK')
    assert.equal(await db.client.ping(), 'Scope write is OK')
    assert.equal(db.last.statusCode, 200)
  })

  await t.test('tags come back in reverse', async () => {
    await db.ask(q.Now(), 200, { tags: { foo: 'Foo1', bar: 'Bar2' } })
    assert.equal(db.header('x-fauna-tags'), 'bar=Bar2,foo=Foo1')
    await db.ask(q.Now())
    assert.equal(db.header('x-fauna-tags'), undefined)
  })

  await t.test('bad tags are refused', async () => {
    for (const [tags, reason] of [
      [{ 'foo bar': 'a' }, 'invalid tags'],
      [{ foo: 'a b' }, 'invalid tags'],
      [{ ['a'.repeat(41)]: 'a' }, 'invalid key'],
      [{ a: 'a'.repeat(81) }, 'invalid value'],
    ]) {
      const expected = [{ code: 'bad request', description: `Invalid header 'x-fauna-tags': ${reason}` }]
      await db.refused(q.Now(), errors.BadRequest, expected, { tags })
    }
  })

  await t.test('a trace goes on, or begins', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c'
    await db.ask(q.Now(), 200, { traceparent: `00-${trace}-b7ad6b7169203331-01` })
    assert.match(db.header('traceparent'), new RegExp(`^00-${trace}-[0-9a-f]{16}-[0-9]{2}$`))
    await db.ask(q.Now(), 200, { traceparent: 'not a trace' })
    assert.match(db.header('traceparent'), /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9]{2}$/)
  })

  await t.test('each reply says what it cost', async () => {
    const { value, metrics } = await db.client.queryWithMetrics(q.Add(1, 2))
    assert.equal(value, 3)
    const names = ['x-byte-read-ops', 'x-byte-write-ops', 'x-compute-ops', 'x-query-time', 'x-txn-retries']
    assert.deepEqual(Object.keys(metrics).sort(), names)
    for (const name of names) {
      assert.ok(Number.isInteger(metrics[name]) && metrics[name] >= 0, name)
    }
    assert.equal(metrics['x-compute-ops'], 1)
    assert.equal(metrics['x-byte-read-ops'], 0)
    for (const name of [
      'x-byte-read-ops', 'x-byte-write-ops', 'x-storage-bytes-read', 'x-storage-bytes-write',
      'x-query-bytes-in', 'x-query-bytes-out', 'x-txn-time',
    ]) {
      assert.match(db.header(name), /^[0-9]+$/, name)
    }
    assert.equal(db.header('x-query-bytes-in'), String(Buffer.byteLength(db.last.requestRaw)))
    assert.equal(db.header('x-query-bytes-out'), String(Buffer.byteLength(db.last.responseRaw)))
    assert.equal(db.header('content-type'), 'application/json;charset=utf-8')
  })

  await t.test('time goes on with every query', async () => {
    await db.ask(q.Now())
    const before = db.client.getLastTxnTime()
    isTime(before)
    await db.ask(q.Now())
    const after = db.client.getLastTxnTime()
    assert.ok(after > before)
    db.client.syncLastTxnTime(after + 5000)
    await db.ask(q.Now())
    assert.ok(db.client.getLastTxnTime() >= after + 5000, 'a time seen elsewhere is honoured')
  })

  await t.test('values come back as they went', async () => {
    const object = { a: 1, b: ['two', 2.5, true, null], c: { '@odd': 'key' }, d: null }
    assert.deepEqual(await db.ask(object), object)
    assert.deepEqual(await db.ask(q.Time('1970-01-01T00:00:00.000001Z')),
      new values.FaunaTime('1970-01-01T00:00:00.000001Z'))
    assert.deepEqual(await db.ask(new values.FaunaDate('2020-02-29')), new values.FaunaDate('2020-02-29'))
    const bytes = new values.Bytes(new Uint8Array([0, 1, 254, 255]))
    assert.deepEqual(await db.ask(bytes), bytes)
    assert.equal(await db.ask(null), null)
  })

  await t.test('a lambda keeps its version', async () => {
    const made = await db.ask(q.Query(q.Lambda('x', q.Add(q.Var('x'), 1))))
    const lambda = { lambda: 'x', expr: { add: [{ var: 'x' }, 1] } }
    assert.deepEqual(made, new values.Query({ api_version: '4', ...lambda }))
    assert.deepEqual(await db.ask(made), made)
    const old = await db.ask(new values.Query(lambda))
    assert.deepEqual(old, new values.Query({ api_version: '2.12', ...lambda }))
    const bound = await db.ask(q.Query(x => q.Let([{ y: x }], q.Var('y'))))
    assert.deepEqual(bound.value.expr, { let: { y: { var: 'x' } }, in: { var: 'y' } })
  })

  await t.test('refs written as text come back as objects', async () => {
    await db.ask(q.CreateCollection({ name: 'frogs' }), 201)
    const frog = new values.Ref('123', collection('frogs'))
    assert.deepEqual(await db.ask(q.Ref('classes/frogs/123')), frog)
    assert.deepEqual(await db.ask(q.Ref('collections/frogs/123')), frog)
    const toad = new values.Ref('1', collection('toads'))
    assert.deepEqual(await db.ask(q.Ref('collections/toads/1')), toad)
  })

  await t.test('a secret that opens nothing', async () => {
    for (const secret of ['bad-secret', { not: 'a secret' }]) {
      await db.as(secret, async stranger => {
        const expected = [{ code: 'unauthorized', description: 'Unauthorized' }]
        await stranger.refused(q.Now(), errors.Unauthorized, expected)
        assert.equal(stranger.last.statusCode, 401)
      })
    }
  })

  await t.test('each status is an error class of the driver', async () => {
    await db.refused(q.Get(q.Ref(q.Collection('frogs'), '404')), errors.NotFound, [{
      position: [], code: 'instance not found', description: 'Document not found.',
    }])
    await db.refused(q.Get(q.Collection('nowhere')), errors.BadRequest, [{
      position: ['get'], code: 'invalid ref', description: "Ref refers to undefined collection 'nowhere'",
    }])
    await db.refused(q.Select('a', {}), errors.NotFound, [{
      position: ['from'], code: 'value not found', description: 'Value not found at path [a].',
    }])
    await db.refused(q.Add(1, 'two'), errors.BadRequest, [{
      position: ['add', 1], code: 'invalid argument', description: 'Number expected, String provided.',
    }])
    await db.refused(q.Abort('enough'), errors.BadRequest, [{
      position: [], code: 'transaction aborted', description: 'enough',
    }])
    await db.refused(q.Var('x'), errors.BadRequest, [{
      position: [], code: 'invalid expression', description: "Variable 'x' is not defined.",
    }])
  })

  await t.test('who asks', async () => {
    assert.equal(await db.ask(q.HasCurrentToken()), false)
    assert.equal(await db.ask(q.HasCurrentIdentity()), false)
    await db.refused(q.CurrentIdentity(), errors.BadRequest, [{
      position: [], code: 'missing identity', description: 'Authentication does not contain an identity',
    }])
    const key = await db.ask(q.CreateKey({ role: 'server' }), 201)
    await db.as(key.secret, async server => {
      assert.deepEqual(await server.ask(q.CurrentToken()), key.ref)
    })
    assert.deepEqual(await db.ask(q.KeyFromSecret(key.secret)), await db.ask(q.Get(key.ref)))
  })

  await t.test('access providers', () => accessProviders(db))
}

async function accessProviders(db) {
  const provider = {
    name: 'idp',
    issuer: 'https://idp.example/',
    jwks_uri: 'https://idp.example/.well-known/jwks.json',
  }
  const ref = new values.Ref('idp', values.Native.ACCESS_PROVIDERS)
  const created = await db.ask(q.CreateAccessProvider(provider), 201)
  const audience = got => assert.match(got, /^https:\/\/db\.fauna\.com\/db\/[a-z0-9]+$/)
  sameDocument(created, { ts: isTime, audience }, { ref, ...provider })
  assert.deepEqual(await db.ask(q.Get(q.AccessProvider('idp'))), created)
  assert.deepEqual(await db.ask(q.Paginate(q.AccessProviders())), { data: [ref] })

  const failing = failure => [{
    position: ['create_access_provider'],
    code: 'validation failed',
    description: 'document data is not valid.',
    failures: [failure],
  }]
  const missing = field => failing({
    field: [field], code: 'value required', description: 'Required value not found.',
  })
  for (const [changes, expected] of [
    [{ name: undefined, issuer: 'https://nameless.example/' }, missing('name')],
    [{ name: 'other', issuer: null }, missing('issuer')],
    [{ name: 'other', issuer: 'https://other.example/', jwks_uri: 'http://other.example' }, failing({
      field: ['jwks_uri'], code: 'invalid uri', description: '`http://other.example` is a not valid URI',
    })],
    [{ name: 'other' }, failing({
      field: ['issuer'], code: 'duplicate value', description: 'Value is not unique.',
    })],
  ]) {
    const params = JSON.parse(JSON.stringify({ ...provider, ...changes }))
    await db.refused(q.CreateAccessProvider(params), errors.BadRequest, expected)
  }

  await db.refused(q.Get(q.AccessProvider('missing')), errors.BadRequest, [{
    position: ['get'],
    code: 'invalid ref',
    description: "Ref refers to undefined access_provider 'missing'",
  }])
  assert.deepEqual(await db.ask(q.Delete(ref)), created)
  assert.deepEqual(await db.ask(q.Paginate(q.AccessProviders())), { data: [] })
}
