// What the driver prints of an expression means in our text form what its JSON
// means: each row of functions.mjs is evaluated as JSON in one database, and its
// text by `fawn eval` in another that began the same.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import faunadb from 'faunadb'
import * as rows from './functions.mjs'
import { inDatabase, q, values } from './session.mjs'

const { FAWN_BINARY, FAWN_ENDPOINT } = process.env
if (!FAWN_BINARY) {
  throw new Error('FAWN_BINARY must name the fawn to run: run the Go tests beside')
}

test('each function of the driver is in one table', () => {
  const tables = [rows.functions, rows.ofTokens, rows.refusing].flatMap(table => Object.keys(table))
  assert.deepEqual([...tables, ...rows.noFunctions].sort(), Object.keys(q).sort())
  for (const [name, row] of Object.entries({ ...rows.functions, ...rows.ofTokens, ...rows.refusing })) {
    const called = new Set()
    row(new Proxy(q, { get: (all, f) => called.add(f) && all[f] }), values, { key: 'any' })
    assert.ok(called.has(name), `the row of ${name} does not call it`)
  }
})

test('text that the driver prints', t => inDatabase('http2', 'as_json', json =>
  inDatabase('http2', 'as_text', text => printed(t, json, text))))

async function printed(t, json, text) {
  const worlds = [json, text].map(db => rows.prepare(expression => db.client.query(expression), q))
  const [inJSON, inText] = await Promise.all(worlds)

  await t.test('functions', () => compare(rows.functions, [json, inJSON], [text, inText]))
  await t.test('values', () => compare(rows.ofValues, [json, inJSON], [text, inText]))
  await t.test('functions of who asks', () =>
    json.as(inJSON.token, asJSON => text.as(inText.token, asText =>
      compare(rows.ofTokens, [asJSON, inJSON], [asText, inText]))))
  for (const [name, row] of Object.entries(rows.refusing)) {
    await t.test(name, async () => {
      const error = await json.client.query(row(q)).then(() => assert.fail('no error'), error => error.errors()[0])
      await assert.rejects(evaluate(text.secret, [print(row(q))]), refusal => {
        assert.ok(refusal.stderr.includes(`${error.code}: ${error.description}`), refusal.stderr)
        return true
      })
    })
  }
}

const print = expression => faunadb.Expr.toString(q.wrap(expression))

// compare evaluates rows as JSON in one world and as text in another.
async function compare(table, [json, inJSON], [text, inText]) {
  const all = Object.entries(table)
  const results = await evaluate(text.secret, all.map(([, row]) => print(row(q, values, inText))))
  assert.equal(results.length, all.length)
  for (const [i, [name, row]] of all.entries()) {
    const expression = row(q, values, inJSON)
    await json.client.query(expression)
    const want = JSON.parse(json.last.responseRaw).resource
    assert.deepEqual(likeAnywhere(JSON.parse(results[i])), likeAnywhere(want), `${name}: ${print(expression)}`)
  }
}

// evaluate answers the JSON of the value of each query, as `fawn eval` prints it.
async function evaluate(secret, queries) {
  const args = ['eval', '--json', '--url', FAWN_ENDPOINT]
  const running = promisify(execFile)(FAWN_BINARY, args, { env: { ...process.env, FAWN_SECRET: secret } })
  running.child.stdin.end(queries.join(';\n'))
  return (await running).stdout.trimEnd().split('\n')
}

// likeAnywhere makes a value the same in both worlds: it replaces what the server
// chose for this one, which is ids, secrets, and times of this hour.
function likeAnywhere(value) {
  if (Array.isArray(value)) {
    return value.map(likeAnywhere)
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, likeAnywhere(member)]))
  }
  for (const [kind, chosen] of Object.entries(chosenByServer)) {
    if (chosen(value)) {
      return kind
    }
  }
  return value
}

const aboutNow = milliseconds => Math.abs(milliseconds - Date.now()) < 3_600_000
const chosenByServer = {
  'an id': value => /^[0-9]{18}$/.test(value),
  'a global id': value => /^(https:\/\/db\.fauna\.com\/db\/)?[a-z0-9]{13}$/.test(value),
  'a secret': value => /^fn[A-Za-z0-9_-]{38,}$/.test(value),
  'a digest': value => /^sha256:[A-Za-z0-9_-]{43}$/.test(value),
  'a time': value => aboutNow(typeof value === 'number' ? value / 1000 : Date.parse(value)),
}
