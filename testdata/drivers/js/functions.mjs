// Every function of the driver's `query` module once, and each kind of value:
// rows of a name and what makes an expression of it. A row gets the module, the
// driver's values, and the secrets of the world that it is evaluated in; rows
// are evaluated in their order, and may rest on what those before them wrote.

// Not in the table: `arity` counts arguments, it makes no expression.
export const noFunctions = ['arity']

// prepare makes what the rows ask for in an empty database, and answers the
// secrets in it: of a key, and of a token of Tom.
export async function prepare(ask, q) {
  await ask(q.CreateCollection({ name: 'cats' }))
  await ask(q.CreateIndex({ name: 'cats_by_name', source: q.Collection('cats'), terms: [{ field: ['data', 'name'] }] }))
  await ask(q.CreateIndex({ name: 'cats_by_age', source: q.Collection('cats'), values: [{ field: ['data', 'age'] }] }))
  const cats = [['Tom', 3], ['Kit', 5], ['Kit', 8], ['Pip', 1]]
  for (const [i, [name, age]] of cats.entries()) {
    await ask(q.Create(q.Ref(q.Collection('cats'), i + 1), {
      data: { name, age },
      credentials: { password: 'the milk of a cow' },
    }))
  }
  await ask(q.CreateFunction({ name: 'twice', body: q.Query(q.Lambda('n', q.Multiply(q.Var('n'), 2))) }))
  await ask(q.CreateFunction({ name: 'plus', body: q.Query(q.Lambda(['a', 'b'], q.Add(q.Var('a'), q.Var('b')))) }))
  await ask(q.CreateRole({ name: 'cats', membership: { resource: q.Collection('cats') }, privileges: [] }))
  await ask(q.CreateDatabase({ name: 'house' }))
  await ask(q.CreateDatabase({ name: 'garden' }))
  await ask(q.CreateAccessProvider({
    name: 'vet', issuer: 'https://vet.example/', jwks_uri: 'https://vet.example/jwks.json',
  }))
  const key = await ask(q.CreateKey({ role: 'server' }))
  const token = await ask(q.Login(q.Ref(q.Collection('cats'), '1'), { password: 'the milk of a cow' }))
  return { key: key.secret, token: token.secret }
}

const tom = q => q.Ref(q.Collection('cats'), '1')
const kits = q => q.Match(q.Index('cats_by_name'), 'Kit')
const ages = q => q.Match(q.Index('cats_by_age'))
const noon = q => q.Time('2020-02-29T12:30:15.123456Z')

// The functions that an administrator calls.
export const functions = {
  // Values
  Ref: q => [q.Ref('collections/cats/1'), q.Ref(q.Collection('cats'), '2'), q.Ref(q.Tokens(), '3')],
  Bytes: q => q.Bytes(new Uint8Array([0, 1, 254, 255])),
  wrap: q => q.wrap({ a: [1, 'two', null, { b: true }], 'odd name': 0.5, '@tag': {} }),

  // Basic forms
  At: q => q.At(q.Now(), q.Exists(tom(q))),
  Let: q => q.Let({ a: 1, 'b c': q.Var('a') }, [q.Var('a'), q.Var('b c')]),
  Var: q => q.Let([{ x: 1 }, { x: q.Add(q.Var('x'), 1) }], q.Var('x')),
  If: q => q.If(true, 'yes', q.Divide(1, 0)),
  Do: q => [q.Do(1, 2), q.Do('one')],
  Object: q => q.Object({ object: 1, let: { a: [] } }),
  Lambda: q => q.Map([[1, 2], [3, 4]], q.Lambda(['a', '_'], q.Var('a'))),
  Call: q => [q.Call(q.Function('twice'), 4), q.Call('plus', [4, 5]), q.Call(q.Function('plus'), 4, 5)],
  Query: q => q.Query((a, b) => q.Concat([a, b])),

  // Collections
  Map: q => q.Map([1, 2], n => q.Add(n, 1)),
  Foreach: q => q.Foreach([1, 2], n => q.Add(n, 1)),
  Filter: q => q.Filter([1, 2, 3], n => q.GT(n, 1)),
  Take: q => q.Take(1, ['a', 'b']),
  Drop: q => q.Drop(1, ['a', 'b']),
  Prepend: q => q.Prepend([1], [2]),
  Append: q => q.Append([1], [2]),
  IsEmpty: q => [q.IsEmpty([]), q.IsEmpty(kits(q))],
  IsNonEmpty: q => [q.IsNonEmpty([]), q.IsNonEmpty(kits(q))],
  Reduce: q => q.Reduce((sum, n) => q.Add(sum, n), 10, [1, 2]),
  Count: q => q.Count(q.Documents(q.Collection('cats'))),
  Sum: q => q.Sum([1, 2.5]),
  Mean: q => q.Mean(ages(q)),
  Any: q => q.Any([false, true]),
  All: q => q.All([false, true]),

  // Type checks
  IsNumber: q => [q.IsNumber(1), q.IsNumber('1')],
  IsDouble: q => [q.IsDouble(1.5), q.IsDouble(1)],
  IsInteger: q => [q.IsInteger(1), q.IsInteger(1.5)],
  IsBoolean: q => [q.IsBoolean(false), q.IsBoolean(0)],
  IsNull: q => [q.IsNull(0), q.IsNull('null')],
  IsBytes: q => [q.IsBytes(q.Bytes('AQ==')), q.IsBytes('AQ==')],
  IsTimestamp: q => [q.IsTimestamp(noon(q)), q.IsTimestamp(0)],
  IsDate: q => [q.IsDate(q.Date('2020-02-29')), q.IsDate(noon(q))],
  IsString: q => [q.IsString(''), q.IsString(0)],
  IsArray: q => [q.IsArray([]), q.IsArray({})],
  IsObject: q => [q.IsObject({}), q.IsObject([])],
  IsRef: q => [q.IsRef(tom(q)), q.IsRef('1')],
  IsSet: q => [q.IsSet(kits(q)), q.IsSet([])],
  IsDoc: q => [q.IsDoc(q.Get(tom(q))), q.IsDoc({})],
  IsLambda: q => [q.IsLambda(q.Query(x => x)), q.IsLambda(1)],
  IsCollection: q => [q.IsCollection(q.Collection('cats')), q.IsCollection(tom(q))],
  IsDatabase: q => [q.IsDatabase(q.Database('house')), q.IsDatabase(tom(q))],
  IsIndex: q => [q.IsIndex(q.Index('cats_by_age')), q.IsIndex(tom(q))],
  IsFunction: q => [q.IsFunction(q.Function('twice')), q.IsFunction(tom(q))],
  IsKey: q => [q.IsKey(q.Ref(q.Keys(), '1')), q.IsKey(tom(q))],
  IsToken: q => [q.IsToken(q.Ref(q.Tokens(), '1')), q.IsToken(tom(q))],
  IsCredentials: q => [q.IsCredentials(q.Ref(q.Credentials(), '1')), q.IsCredentials(tom(q))],
  IsRole: q => [q.IsRole(q.Role('cats')), q.IsRole(tom(q))],

  // Reads
  Get: q => [q.Get(tom(q)), q.Get(tom(q), q.Now())],
  KeyFromSecret: (q, values, world) => q.KeyFromSecret(world.key),
  Paginate: q => [
    q.Paginate(ages(q)),
    q.Paginate(ages(q), { size: 1, after: [3], sources: true, events: false }),
    q.Paginate(ages(q), { size: 1, before: [8], ts: q.Now() }),
  ],
  Exists: q => [q.Exists(tom(q)), q.Exists(tom(q), q.TimeSubtract(q.Now(), 1, 'hour'))],

  // Sets
  Singleton: q => q.Paginate(q.Singleton(tom(q))),
  Events: q => q.Paginate(q.Events(tom(q))),
  Match: q => [
    q.Paginate(q.Match(q.Index('cats_by_age'))),
    q.Paginate(kits(q)),
    q.Match(q.Index('cats_by_name'), ['Kit', 5]),
  ],
  Union: q => q.Paginate(q.Union(ages(q), ages(q))),
  Merge: q => [q.Merge({ a: 1 }, { b: 2 }), q.Merge({ a: 1 }, [{ a: 2 }], (key, a, b) => [a, b])],
  Intersection: q => q.Paginate(q.Intersection([kits(q), q.Documents(q.Collection('cats'))])),
  Difference: q => q.Paginate(q.Difference(q.Documents(q.Collection('cats')), kits(q))),
  Distinct: q => q.Paginate(q.Distinct(ages(q))),
  Join: q => [
    q.Paginate(q.Join(kits(q), cat => q.Match('cats_by_name', q.If(q.IsRef(cat), 'Tom', cat)))),
    q.Paginate(q.Join(q.Singleton(tom(q)), q.Index('cats_by_name'))),
  ],
  Range: q => q.Paginate(q.Range(ages(q), 3, [5])),
  Documents: q => q.Paginate(q.Documents(q.Collection('cats'))),
  Reverse: q => [q.Reverse([1, 2]), q.Paginate(q.Reverse(ages(q)))],

  // Strings
  Concat: q => [q.Concat(['a', 'b']), q.Concat(['a', 'b'], ', ')],
  Casefold: q => [q.Casefold('ÉTÉ'), q.Casefold('ÉTÉ', 'NFKD')],
  ContainsStr: q => q.ContainsStr('abc', 'b'),
  ContainsStrRegex: q => q.ContainsStrRegex('abc', '^[a-c]+$'),
  StartsWith: q => q.StartsWith('abc', 'a'),
  EndsWith: q => q.EndsWith('abc', 'c'),
  FindStr: q => [q.FindStr('abab', 'b'), q.FindStr('abab', 'b', 2)],
  FindStrRegex: q => [q.FindStrRegex('abab', 'a|b'), q.FindStrRegex('abab', '\\w', 1, 2)],
  Length: q => q.Length('four'),
  LowerCase: q => q.LowerCase('ABC'),
  LTrim: q => q.LTrim(' a '),
  NGram: q => [q.NGram('abc'), q.NGram(['abc', 'xyz'], 2, 3)],
  Repeat: q => [q.Repeat('ab'), q.Repeat('ab', 3)],
  ReplaceStr: q => q.ReplaceStr('a-b', '-', '`${x}`'),
  ReplaceStrRegex: q => [q.ReplaceStrRegex('aa', 'a', 'b'), q.ReplaceStrRegex('aa', 'a', 'b', true)],
  RegexEscape: q => q.RegexEscape('a.b'),
  RTrim: q => q.RTrim(' a '),
  Space: q => q.Space(3),
  SubString: q => [q.SubString('abcd', 2), q.SubString('abcd', 1, 2)],
  TitleCase: q => q.TitleCase('a word'),
  Trim: q => q.Trim(' a '),
  UpperCase: q => q.UpperCase('abc'),
  Format: q => [q.Format('one'), q.Format('%d', 1), q.Format('%s %05.1f', 'a', 2.5), q.Format('%s', ['b'])],

  // Times
  Time: q => noon(q),
  TimeAdd: q => q.TimeAdd(noon(q), 1, 'day'),
  TimeSubtract: q => q.TimeSubtract(q.Date('2020-03-01'), 1, 'days'),
  TimeDiff: q => q.TimeDiff(q.Time('2020-01-01T00:00:00Z'), noon(q), 'hours'),
  Epoch: q => q.Epoch(1, 'millisecond'),
  Date: q => q.Date('2020-02-29'),
  Now: q => q.Now(),
  ToTime: q => q.ToTime('2020-02-29T12:30:15Z'),
  ToDate: q => q.ToDate('2020-02-29'),
  ToSeconds: q => q.ToSeconds(noon(q)),
  ToMillis: q => q.ToMillis(noon(q)),
  ToMicros: q => q.ToMicros(noon(q)),
  DayOfMonth: q => q.DayOfMonth(noon(q)),
  DayOfWeek: q => q.DayOfWeek(noon(q)),
  DayOfYear: q => q.DayOfYear(noon(q)),
  Second: q => q.Second(noon(q)),
  Minute: q => q.Minute(noon(q)),
  Hour: q => q.Hour(noon(q)),
  Month: q => q.Month(noon(q)),
  Year: q => q.Year(noon(q)),

  // Ids and names
  NextId: q => q.NextId(),
  NewId: q => q.NewId(),
  Database: q => [q.Database('house'), q.Database('shed', q.Database('garden'))],
  Index: q => [q.Index('cats_by_name'), q.Index('i', q.Database('house'))],
  Class: q => [q.Class('cats'), q.Class('c', q.Database('house'))],
  Collection: q => [q.Collection('cats'), q.Collection('c', q.Database('house'))],
  Function: q => [q.Function('twice'), q.Function('f', q.Database('house'))],
  Role: q => [q.Role('cats'), q.Role('r', q.Database('house'))],
  AccessProvider: q => q.AccessProvider('vet'),
  AccessProviders: q => [q.AccessProviders(), q.AccessProviders(q.Database('house'))],
  Classes: q => [q.Classes(), q.Classes(q.Database('house'))],
  Collections: q => [q.Collections(), q.Collections(q.Database('house'))],
  Databases: q => [q.Databases(), q.Databases(q.Database('house'))],
  Indexes: q => [q.Indexes(), q.Indexes(q.Database('house'))],
  Functions: q => [q.Functions(), q.Functions(q.Database('house'))],
  Roles: q => [q.Roles(), q.Roles(q.Database('house'))],
  Keys: q => [q.Keys(), q.Keys(q.Database('house'))],
  Tokens: q => [q.Tokens(), q.Tokens(q.Database('house'))],
  Credentials: q => [q.Credentials(), q.Credentials(q.Database('house'))],

  // Comparisons, logic, paths
  Equals: q => [q.Equals(1, 1, 1.0), q.Equals('a')],
  LT: q => q.LT(1, 2, 3),
  LTE: q => q.LTE(1, 1),
  GT: q => q.GT(2, 1),
  GTE: q => [q.GTE(1, 2), q.GTE(1)],
  And: q => [q.And(true, false), q.And(true)],
  Or: q => q.Or(false, true),
  Not: q => q.Not(false),
  Contains: q => q.Contains(['a', 0], { a: [1] }),
  ContainsPath: q => q.ContainsPath(['a', 1], { a: [1] }),
  ContainsField: q => q.ContainsField('a', { a: 1 }),
  ContainsValue: q => q.ContainsValue(1, { a: 1 }),
  Select: q => [q.Select('a', { a: 1 }), q.Select(['a', 0], {}, 'none'), q.Select('a', {}, null)],
  SelectAll: q => q.SelectAll(['a', 'b'], { a: [{ b: 1 }, { b: 2 }] }),

  // Numbers
  Abs: q => q.Abs(-1),
  Add: q => [q.Add(1, 2), q.Add([3, 4]), q.Add(5)],
  BitAnd: q => [q.BitAnd(7, 3), q.BitAnd(1)],
  BitNot: q => q.BitNot(0),
  BitOr: q => q.BitOr(1, 2),
  BitXor: q => q.BitXor(3, 1),
  Ceil: q => q.Ceil(1.5),
  Divide: q => q.Divide(7, 2),
  Floor: q => q.Floor(-1.5),
  Max: q => q.Max(1, 2),
  Min: q => q.Min([1, 2]),
  Modulo: q => q.Modulo(7, 4),
  Multiply: q => q.Multiply(2, 3),
  Round: q => [q.Round(1.256), q.Round(1.256, 1)],
  Subtract: q => q.Subtract(5, 3),
  Sign: q => q.Sign(-3),
  Sqrt: q => q.Sqrt(2),
  Trunc: q => [q.Trunc(1.256), q.Trunc(1.256, 1)],
  Acos: q => q.Acos(0.5),
  Asin: q => q.Asin(0.5),
  Atan: q => q.Atan(0.5),
  Cos: q => q.Cos(0.5),
  Cosh: q => q.Cosh(0.5),
  Degrees: q => q.Degrees(0.5),
  Exp: q => q.Exp(1),
  Hypot: q => [q.Hypot(3), q.Hypot(3, 4)],
  Ln: q => q.Ln(2),
  Log: q => q.Log(1000),
  Pow: q => [q.Pow(3), q.Pow(3, 3)],
  Radians: q => q.Radians(180),
  Sin: q => q.Sin(0.5),
  Sinh: q => q.Sinh(1e-7),
  Tan: q => q.Tan(1e21),
  Tanh: q => q.Tanh(-0.5),

  // Conversions
  ToString: q => q.ToString(1.5),
  ToNumber: q => q.ToNumber('1.5'),
  ToObject: q => q.ToObject([['a', 1]]),
  ToArray: q => q.ToArray({ a: 1 }),
  ToDouble: q => q.ToDouble(1),
  ToInteger: q => q.ToInteger(1.5),

  // Writes
  Create: q => [
    q.Create(q.Ref(q.Collection('cats'), '9'), { data: { name: 'Ivy', n: null, since: noon(q) } }),
    q.Create(q.Collection('cats')),
  ],
  Update: q => q.Update(q.Ref(q.Collection('cats'), '9'), { data: { age: 4 } }),
  Replace: q => q.Replace(q.Ref(q.Collection('cats'), '9'), { data: { name: 'Leo' } }),
  Delete: q => q.Delete(q.Ref(q.Collection('cats'), '9')),
  Insert: q => q.Insert(q.Ref(q.Collection('cats'), '8'), 5, 'create', { data: { name: 'Max' } }),
  Remove: q => q.Remove(q.Ref(q.Collection('cats'), '8'), q.Epoch(5, 'microseconds'), 'create'),
  CreateClass: q => q.CreateClass({ name: 'dogs' }),
  CreateCollection: q => q.CreateCollection({ name: 'mice', history_days: 0, ttl_days: null }),
  CreateDatabase: q => q.CreateDatabase({ name: 'shop', data: { at: q.Bytes('AQ==') } }),
  CreateIndex: q => q.CreateIndex({
    name: 'mice_by_size',
    source: { collection: q.Collection('mice'), fields: { size: q.Query(mouse => q.Select(['data', 'size'], mouse)) } },
    terms: [{ binding: 'size' }],
  }),
  CreateKey: q => q.CreateKey({ role: 'server-readonly' }),
  CreateFunction: q => q.CreateFunction({ name: 'one', body: q.Query(q.Lambda([], 1)) }),
  CreateRole: q => q.CreateRole({
    name: 'mice', privileges: [{ resource: q.Collection('mice'), actions: { read: true } }],
  }),
  CreateAccessProvider: q => q.CreateAccessProvider({
    name: 'zoo', issuer: 'https://zoo.example/', jwks_uri: 'https://zoo.example/jwks.json',
  }),
  Login: q => q.Login(tom(q), { password: 'the milk of a cow', ttl: q.TimeAdd(q.Now(), 1, 'minute') }),
  Identify: q => [q.Identify(tom(q), 'the milk of a cow'), q.Identify(tom(q), 'water')],
  MoveDatabase: q => q.MoveDatabase(q.Database('garden'), q.Database('house')),
}

// The functions that tell who asks, which Tom's token calls; the last ends it.
export const ofTokens = {
  Identity: q => q.Identity(),
  CurrentIdentity: q => q.CurrentIdentity(),
  HasIdentity: q => q.HasIdentity(),
  HasCurrentIdentity: q => q.HasCurrentIdentity(),
  CurrentToken: q => q.CurrentToken(),
  HasCurrentToken: q => q.HasCurrentToken(),
  Logout: q => q.Logout(false),
}

// The function that refuses.
export const refusing = {
  Abort: q => q.Abort('a "quoted" reason'),
}

// The values that answers hold, as programs send them back.
export const ofValues = {
  Ref: (q, values) => [
    new values.Ref('1', new values.Ref('cats', values.Native.COLLECTIONS)),
    new values.Ref('cats', values.Native.COLLECTIONS),
    new values.Ref('c', values.Native.COLLECTIONS, new values.Ref('house', values.Native.DATABASES)),
    new values.Ref('cats_by_age', values.Native.INDEXES),
    new values.Ref('twice', values.Native.FUNCTIONS),
    new values.Ref('cats', values.Native.ROLES),
    new values.Ref('vet', values.Native.ACCESS_PROVIDERS),
    new values.Ref('1', values.Native.KEYS),
    ...Object.values(values.Native).filter(native => native instanceof values.Ref),
  ],
  SetRef: (q, values) => new values.SetRef({
    match: new values.Ref('cats_by_name', values.Native.INDEXES), terms: 'Kit',
  }),
  FaunaTime: (q, values) => new values.FaunaTime('2020-02-29T12:30:15.123456Z'),
  FaunaDate: (q, values) => new values.FaunaDate('2020-02-29'),
  Bytes: (q, values) => new values.Bytes(new Uint8Array([1, 2, 3])),
  Query: (q, values) => new values.Query({ api_version: '4', lambda: 'x', expr: { add: [{ var: 'x' }, 1] } }),
}
