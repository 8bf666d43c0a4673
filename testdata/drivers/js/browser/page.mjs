// A page of another origin than the database, with the driver's browser build in
// the global faunadb. It tells the server that it is from how each scenario
// ended: see browser_test.go in ../../go.
const { Client, errors, query: q } = faunadb
const { scheme, domain, port, secret } = await (await fetch('/server')).json()

const clients = []
function client(secret) {
  const made = new Client({ scheme, domain, port, secret })
  clients.push(made)
  return made
}
const root = client(secret)
const password = 'a word of the page'

const scenarios = {
  'ping': async () => same(await root.ping(), 'Scope write is OK'),

  'query': async () => {
    await root.query(q.CreateCollection({ name: 'people' }))
    await root.query(q.Create(q.Ref(q.Collection('people'), '1'), { credentials: { password }, data: { n: 1 } }))
    const { value, metrics } = await root.queryWithMetrics(q.Count(q.Documents(q.Collection('people'))))
    same(value, 1)
    same(metrics['x-txn-retries'], 0)
    same(metrics['x-compute-ops'], 1)
    same(metrics['x-byte-read-ops'], 1)
  },

  'transaction times are shown to the page': async () => {
    const before = root.getLastTxnTime()
    same(Number.isInteger(before), true)
    const made = await root.query(q.Create(q.Collection('people')))
    same(root.getLastTxnTime(), made.ts)
    await root.query(q.Now())
    same(root.getLastTxnTime() > made.ts, true)
  },

  'options become headers that the page may send': async () => {
    let shown
    const observer = result => { shown = result.responseHeaders }
    const options = { tags: { page: 'yes' }, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
    await root.query(q.Now(), { ...options, queryTimeout: 5000, observer })
    same(shown['x-fauna-tags'], 'page=yes')
  },

  'login': async () => {
    const token = await root.query(q.Login(q.Ref(q.Collection('people'), '1'), { password }))
    const person = client(token.secret)
    same((await person.query(q.CurrentIdentity())).id, '1')
    await refused(person.query(q.Create(q.Collection('people'))), errors.PermissionDenied, 403, 'permission denied')
    same(await person.query(q.Logout(false)), true)
    await refused(person.query(q.CurrentIdentity()), errors.Unauthorized, 401, 'unauthorized')
  },

  'errors': async () => {
    await refused(client('nobody').query(q.Now()), errors.Unauthorized, 401, 'unauthorized')
    await refused(root.query(q.Add(1, 'two')), errors.BadRequest, 400, 'invalid argument')
    await refused(root.query(q.Get(q.Ref(q.Collection('people'), '404'))), errors.NotFound, 404, 'instance not found')
  },

  'stream': () => new Promise((resolve, reject) => {
    const person = q.Ref(q.Collection('people'), '1')
    const stream = root.stream.document(person)
      .on('snapshot', ({ data }) => {
        Promise.resolve()
          .then(() => same(data.n, 1))
          .then(() => root.query(q.Update(person, { data: { n: 2 } })))
          .catch(reject)
      })
      .on('version', ({ action, document }, event) => {
        stream.close()
        Promise.resolve()
          .then(() => same([action, document.data.n, document.ts], ['update', 2, event.txn]))
          .then(resolve, reject)
      })
      .on('error', reject)
    stream.start()
  }),
}

function same(got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) {
    throw new Error(`got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`)
  }
}

async function refused(asked, kind, status, code) {
  const error = await asked.then(value => ({ name: 'no error', value }), error => error)
  if (!(error instanceof kind)) {
    throw new Error(`got ${error.name}: ${error.message}`)
  }
  same([error.requestResult.statusCode, error.errors()[0].code], [status, code])
}

// What went wrong in each scenario; null is nothing.
const outcomes = {}
for (const [name, run] of Object.entries(scenarios)) {
  outcomes[name] = await run().then(() => null, error => String(error.stack || error))
}
for (const made of clients) {
  await made.close({ force: true })
}
await fetch('/outcomes', { method: 'POST', body: JSON.stringify(outcomes) })
