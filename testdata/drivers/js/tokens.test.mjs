// The life of tokens, as Fauna's page on Tokens() tells it: users sign in, are
// listed, found, marked, recognised, and sign out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  adapters, collection, digest, errors, inDatabase, index, isTime, keySecret, like, q,
  refIn, sameDocument, tokenSecret, tokens, values,
} from './session.mjs'

const users = collection('users')
const email = 'alice@site.example'
const password = 'new password'

const tokensOf = user => q.Paginate(q.Match(q.Index('tokens_by_instance'), user))
const byEmail = q.Match(q.Index('users_by_email'), email)
const denied = position => [{
  position,
  code: 'permission denied',
  description: 'Insufficient privileges to perform the action.',
}]
const unauthorized = [{ code: 'unauthorized', description: 'Unauthorized' }]

for (const adapter of Object.keys(adapters)) {
  test(`tokens over ${adapter}`, t => inDatabase(adapter, `tokens_${adapter}`, db => scenario(t, db)))
}

async function scenario(t, db) {
  let alice, first, second

  await t.test('the adapter is the one meant', () => {
    assert.equal(db.client._http._adapter.type, db.adapter)
  })

  await t.test('create the collection and its unique index', async () => {
    sameDocument(await db.ask(q.CreateCollection({ name: 'users' }), 201), { ts: isTime }, {
      ref: users,
      history_days: 30,
      name: 'users',
    })
    const byEmail = {
      name: 'users_by_email',
      source: q.Collection('users'),
      terms: [{ field: ['data', 'email'] }],
      unique: true,
    }
    sameDocument(await db.ask(q.CreateIndex(byEmail), 201), { ts: isTime }, {
      ref: index('users_by_email'),
      active: true,
      serialized: true,
      name: 'users_by_email',
      source: users,
      terms: [{ field: ['data', 'email'] }],
      unique: true,
      partitions: 1,
    })
  })

  await t.test('create a user with credentials', async () => {
    const user = { credentials: { password }, data: { email } }
    const reply = await db.ask(q.Create(q.Collection('users'), user), 201)
    sameDocument(reply, { ref: refIn(users), ts: isTime }, { data: { email } })
    alice = reply.ref
    await db.refused(q.Create(q.Collection('users'), user), errors.BadRequest, [{
      position: ['create'],
      code: 'instance not unique',
      description: 'document is not unique.',
    }])
  })

  await t.test('create the index over tokens', async () => {
    const definition = {
      name: 'tokens_by_instance',
      permissions: { read: 'public' },
      source: q.Tokens(),
      terms: [{ field: 'instance' }],
      values: [{ field: ['data', 'name'] }],
    }
    sameDocument(await db.ask(q.CreateIndex(definition), 201), { ts: isTime }, {
      ref: index('tokens_by_instance'),
      active: true,
      serialized: true,
      name: 'tokens_by_instance',
      permissions: { read: 'public' },
      source: tokens,
      terms: [{ field: 'instance' }],
      values: [{ field: ['data', 'name'] }],
      partitions: 1,
    })
  })

  await t.test('log in', async () => {
    first = await db.ask(q.Login(byEmail, { password }), 201)
    sameDocument(first, { ref: refIn(tokens), ts: isTime, secret: like(tokenSecret) }, { instance: alice })
    assert.equal(db.header('x-txn-time'), String(first.ts))
    const bytes = Buffer.from(first.secret, 'base64url')
    assert.equal(String(bytes.readBigUInt64BE(2)), first.ref.id, 'the secret leads to its token')
  })

  await t.test('refuse a wrong password and an unknown user alike', async () => {
    const failed = [{
      position: [],
      code: 'authentication failed',
      description: 'The document was not found or provided password was incorrect.',
    }]
    await db.refused(q.Login(byEmail, { password: 'guess' }), errors.BadRequest, failed)
    await db.refused(q.Login(byEmail, {}), errors.BadRequest, failed)
    const nobody = q.Match(q.Index('users_by_email'), 'nobody@site.example')
    await db.refused(q.Login(nobody, { password }), errors.BadRequest, failed)
    assert.equal(await db.ask(q.Identify(alice, password)), true)
    assert.equal(await db.ask(q.Identify(alice, 'guess')), false)
    assert.equal(await db.ask(q.Identify(nobody, password)), false)
  })

  await t.test('a client key, which the world may know, can only log in', async () => {
    const key = await db.ask(q.CreateKey({ role: 'client' }), 201)
    const chosen = {
      ref: refIn(values.Native.KEYS), ts: isTime, secret: like(keySecret), hashed_secret: like(digest),
    }
    sameDocument(key, chosen, { role: 'client' })
    await db.as(key.secret, async browser => {
      await browser.refused(q.Login(byEmail, { password }), errors.PermissionDenied, denied(['login']))
      const token = await browser.ask(q.Login(alice, { password }), 201)
      await db.ask(q.Delete(token.ref))
      await browser.refused(q.Get(alice), errors.PermissionDenied, denied([]))
      await browser.refused(q.Paginate(q.Tokens()), errors.PermissionDenied, denied(['paginate']))
      assert.deepEqual(await browser.ask(tokensOf(alice)), { data: [] })
    })
  })

  await t.test('list the tokens', async () => {
    assert.deepEqual(await db.ask(q.Paginate(q.Documents(q.Tokens()))), { data: [first.ref] })
    assert.deepEqual(await db.ask(q.Paginate(q.Tokens())), { data: [first.ref] })
    assert.equal(first.ref.toString(), `Ref(Tokens(), "${first.ref.id}")`)
  })

  await t.test('get a token', async () => {
    const got = await db.ask(q.Get(first.ref))
    sameDocument(got, { hashed_secret: like(digest) }, { ref: first.ref, ts: first.ts, instance: alice })
  })

  await t.test('add fields to a token', async () => {
    const meta = await db.ask(q.Update(first.ref, { data: { meta: 'data' } }))
    sameDocument(meta, { ts: isTime }, { ref: first.ref, instance: alice, data: { meta: 'data' } })
    assert.ok(meta.ts > first.ts)
    assert.deepEqual(await db.ask(tokensOf(alice)), { data: [] }, 'without data.name there is no entry')
    const named = await db.ask(q.Update(first.ref, { data: { name: 'laptop' }, device: 'dropped' }))
    sameDocument(named, { ts: isTime }, {
      ref: first.ref, instance: alice, data: { meta: 'data', name: 'laptop' },
    })
  })

  await t.test('find tokens by their user', async () => {
    assert.deepEqual(await db.ask(tokensOf(alice)), { data: ['laptop'] })
    assert.deepEqual(await db.ask(tokensOf(q.Ref(q.Collection('users'), '1'))), { data: [] })
  })

  await t.test('create a token without credentials', async () => {
    const params = { instance: alice, data: { name: 'phone' } }
    second = await db.ask(q.Create(q.Tokens(), params), 201)
    const chosen = { ref: refIn(tokens), ts: isTime, secret: like(tokenSecret) }
    sameDocument(second, chosen, { instance: alice, data: { name: 'phone' } })
    assert.deepEqual(await db.ask(tokensOf(alice)), { data: ['laptop', 'phone'] })
    const firstPage = await db.ask(q.Paginate(q.Documents(q.Tokens()), { size: 1 }))
    assert.deepEqual(firstPage, { after: [second.ref], data: [first.ref] })
    await db.refused(q.Create(q.Tokens(), {}), errors.BadRequest, [{
      position: ['create'],
      code: 'validation failed',
      description: 'document data is not valid.',
      failures: [{
        field: ['instance'],
        code: 'value required',
        description: 'Required value not found.',
      }],
    }])
  })

  await t.test('act as the token', () => db.as(first.secret, async session => {
    assert.deepEqual(await session.ask(q.CurrentIdentity()), alice)
    assert.deepEqual(await session.ask(q.CurrentToken()), first.ref)
    assert.equal(await session.ask(q.HasCurrentIdentity()), true)
    assert.equal(await session.ask(q.HasCurrentToken()), true)
    const own = await session.ask(q.Get(q.CurrentIdentity()))
    sameDocument(own, { ts: isTime }, { ref: alice, data: { email } })
    const credentials = await session.ask(q.Get(q.Ref('credentials/self')))
    const chosen = { ref: refIn(new values.Ref('credentials')), ts: isTime, hashed_password: like(/^\$/) }
    sameDocument(credentials, chosen, { instance: alice })
    assert.equal(await session.ask(q.Identify(alice, password)), true)
  }))

  await t.test('a token sees its own and may do no more', async () => {
    const bob = await db.ask(q.Create(q.Collection('users'), { data: { email: 'bob@site.example' } }), 201)
    const other = await db.ask(q.Create(q.Tokens(), { instance: bob.ref, data: { name: 'bob' } }), 201)
    await db.as(first.secret, async session => {
      const own = { data: [first.ref, second.ref] }
      assert.deepEqual(await session.ask(q.Paginate(q.Documents(q.Tokens()))), own)
      assert.deepEqual(await session.ask(tokensOf(alice)), { data: ['laptop', 'phone'] })
      assert.deepEqual(await session.ask(tokensOf(bob.ref)), { data: [] })
      assert.equal(await session.ask(q.Exists(other.ref)), false)
      for (const [expression, position] of [
        [q.Get(other.ref), []],
        [q.Get(bob.ref), []],
        [q.Paginate(q.Tokens()), ['paginate']],
        [q.Update(first.ref, { data: { name: 'mine' } }), []],
        [q.Update(alice, { data: { email: 'eve@site.example' } }), []],
        [q.Create(q.Tokens(), { instance: alice }), ['create']],
        [q.Paginate(byEmail), ['paginate']],
      ]) {
        await session.refused(expression, errors.PermissionDenied, denied(position))
      }
    })
    sameDocument(await db.ask(q.Delete(other.ref)), { ts: isTime, hashed_secret: like(digest) }, {
      ref: other.ref, instance: bob.ref, data: { name: 'bob' },
    })
    await db.as(other.secret, gone => gone.refused(q.Now(), errors.Unauthorized, unauthorized))
  })

  await t.test('log out of one session', async () => {
    await db.as(first.secret, async session => {
      assert.equal(await session.ask(q.Logout(false)), true)
      await session.refused(q.CurrentIdentity(), errors.Unauthorized, unauthorized)
      assert.equal(session.last.statusCode, 401)
      assert.equal(session.header('www-authenticate'), 'Basic realm="Unauthorized"')
      assert.equal(session.header('x-compute-ops'), undefined)
    })
    await db.as(second.secret, async session => {
      assert.deepEqual(await session.ask(q.CurrentToken()), second.ref, 'the other session goes on')
    })
    assert.deepEqual(await db.ask(tokensOf(alice)), { data: ['phone'] })
    await db.refused(q.Get(first.ref), errors.NotFound, [{
      position: [],
      code: 'instance not found',
      description: 'Token not found.',
    }])
  })

  await t.test('log out of all sessions', async () => {
    const third = await db.ask(q.Login(alice, { password, data: { name: 'tablet' } }), 201)
    const chosen = { ref: refIn(tokens), ts: isTime, secret: like(tokenSecret) }
    sameDocument(third, chosen, { instance: alice, data: { name: 'tablet' } })
    assert.deepEqual(await db.ask(tokensOf(alice)), { data: ['phone', 'tablet'] })
    await db.as(third.secret, async session => assert.equal(await session.ask(q.Logout(true)), true))
    for (const { secret } of [second, third]) {
      await db.as(secret, gone => gone.refused(q.CurrentIdentity(), errors.Unauthorized, unauthorized))
    }
    assert.deepEqual(await db.ask(q.Paginate(q.Documents(q.Tokens()))), { data: [] })
    assert.deepEqual(await db.ask(q.Paginate(q.Tokens())), { data: [] })
    assert.deepEqual(await db.ask(tokensOf(alice)), { data: [] })
    assert.equal(await db.ask(q.Logout(true)), false, 'a key has nothing to log out of')
  })

  await t.test('a replaced token gets a new secret', async () => {
    const old = await db.ask(q.Login(alice, { password }), 201)
    const renewed = await db.ask(q.Replace(old.ref, { instance: alice }))
    sameDocument(renewed, { ts: isTime, secret: like(tokenSecret) }, { ref: old.ref, instance: alice })
    assert.notEqual(renewed.secret, old.secret)
    await db.as(old.secret, gone => gone.refused(q.CurrentToken(), errors.Unauthorized, unauthorized))
    await db.as(renewed.secret, async session => {
      assert.deepEqual(await session.ask(q.CurrentToken()), old.ref)
      await session.ask(q.Delete(q.CurrentToken()))
      await session.refused(q.CurrentToken(), errors.Unauthorized, unauthorized)
    })
  })

  await t.test('a deleted user is signed out', async () => {
    const token = await db.ask(q.Login(alice, { password }), 201)
    await db.ask(q.Delete(alice))
    await db.as(token.secret, gone => gone.refused(q.CurrentToken(), errors.Unauthorized, unauthorized))
  })
}
