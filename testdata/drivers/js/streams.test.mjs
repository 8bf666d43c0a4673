// Event streams, over both adapters: what the driver's own suite asserts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adapters, errors, inDatabase, isTime, q } from './session.mjs'

for (const adapter of Object.keys(adapters)) {
  test(`streams over ${adapter}`, t => inDatabase(adapter, `streams_${adapter}`, db => streams(t, db)))
}

// follow starts a stream, acts when it has started, and answers how it started
// and its first event of a kind.
function follow(db, expression, options, kind, act) {
  return new Promise((resolve, reject) => {
    let started, acted
    const stream = db.client.stream(expression, options)
      .on('start', (txn, event) => {
        started = { txn, event }
        acted = act().catch(reject)
      })
      .on(kind, (data, event) => {
        stream.close()
        acted.then(() => resolve({ started, data, event }))
      })
      .on('error', error => {
        stream.close()
        reject(error)
      })
    stream.start()
  })
}

async function streams(t, db) {
  await db.ask(q.CreateCollection({ name: 'things' }), 201)
  const thing = await db.ask(q.Create(q.Collection('things'), { data: { n: 1 } }), 201)
  const change = n => () => db.ask(q.Update(thing.ref, { data: { n } }))

  await t.test('a document', async () => {
    const { started, data, event } = await follow(db, thing.ref, {}, 'version', change(2))
    isTime(started.txn)
    assert.equal(started.event.type, 'start')
    assert.equal(event.type, 'version')
    assert.equal(data.action, 'update')
    assert.deepEqual(data.document.ref, thing.ref)
    assert.deepEqual(data.document.data, { n: 2 })
    assert.equal(data.document.ts, event.txn)
    assert.ok(event.txn > started.txn)
    assert.ok(db.client.getLastTxnTime() >= event.txn)
  })

  await t.test('the fields asked for, in their order', async () => {
    const options = { fields: ['diff', 'prev'] }
    const { data } = await follow(db, thing.ref, options, 'version', change(3))
    assert.deepEqual(Object.keys(data), ['diff', 'prev'])
    assert.deepEqual(data.diff.data, { n: 3 })
    assert.deepEqual(data.prev.data, { n: 2 })
  })

  await t.test('a set', async () => {
    let made
    const { data } = await follow(db, q.Documents(q.Collection('things')), {}, 'set', async () => {
      made = await db.ask(q.Create(q.Collection('things'), {}), 201)
    })
    assert.equal(data.action, 'add')
    assert.deepEqual(data.document.ref, made.ref)
  })

  await t.test('what cannot be streamed', async () => {
    await assert.rejects(follow(db, 'invalid stream', {}, 'version', async () => {}), error => {
      assert.ok(error instanceof errors.BadRequest)
      assert.equal(error.description, 'Expected a Document Ref or Version, or a Set Ref, got String.')
      return true
    })
  })

  await t.test('a right that is lost ends the stream', async () => {
    const key = await db.ask(q.CreateKey({ role: 'server' }), 201)
    await db.as(key.secret, async reader => {
      const lost = follow(reader, thing.ref, {}, 'version', async () => {
        await db.ask(q.Delete(key.ref))
        await change(4)()
      })
      await assert.rejects(lost, {
        code: 'permission denied',
        description: 'Authorization lost during stream evaluation.',
      })
    })
  })
}
