// The calls of the client that the door answers, in the order in which an
// application makes them: a kiosk registers, a user signs up, logs in, renews,
// forgets the password, and leaves.
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { test } from 'node:test'
import client, { enums } from '@nuralogix.ai/dfx-api-client'
import { WebSocket } from 'ws'

globalThis.WebSocket ??= WebSocket // Node 20 has none

const { DFX_URL, DFX_LICENSE, DFX_OUTBOX } = process.env

const connect = () => client({
  url: { http: new URL(DFX_URL), wss: new URL(DFX_URL.replace('http', 'ws')) },
})

const license = {
  Key: DFX_LICENSE,
  DeviceTypeID: enums.DeviceTypeID.LINUX,
  Name: 'kiosk-4',
  Identifier: 'com.example.kiosk',
  Version: '1.4.0',
}

const person = { Email: 'ana@example.com', Password: 'correct horse' }
const phone = { PhoneNumber: '+1 555 0100', Identifier: 'acme' }

// succeeds returns the body of a success.
const succeeds = async call => {
  const { status, body } = await call
  assert.equal(status, '200', JSON.stringify(body))
  return body
}

// fails checks an error, in both of the spellings that the client knows.
const fails = async (call, status, code) => {
  const answer = await call
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  const { Code, Message, errorCode, message } = answer.body
  assert.deepEqual([Code, errorCode], [code, code])
  assert.ok(Message && Message === message)
}

// delivered returns the next message of the outbox.
const seen = new Set()
const delivered = async () => {
  for (let tries = 0; tries < 1000; tries++) {
    for (const name of await readdir(DFX_OUTBOX)) {
      if (seen.has(name)) continue
      const text = await readFile(join(DFX_OUTBOX, name), 'utf8')
      if (!text.endsWith('\n')) continue // it is being written
      seen.add(name)
      return text
    }
    await setTimeout(10)
  }
  assert.fail('nothing is delivered')
}

// resetToken is that of a link in a mail.
const resetToken = mail => mail
  .replace(/=\r\n/g, '') // as quoted-printable breaks lines
  .match(/token=(?:3D)?(pr_[\w-]{43})/)[1]

const registered = async () => {
  const api = connect()
  await succeeds(api.http.organizations.registerLicense(license))
  return api
}

test('a device and its users', async t => {
  const api = connect()
  const { auths, general, organizations, users } = api.http

  await t.test('status', async () => {
    assert.deepEqual(await succeeds(general.status()), {
      StatusID: 'ACTIVE', Version: '1.2.3', Region: 'local', AllowAnonymous: false,
    })
  })

  await t.test('a wrong license, and a right one', async () => {
    await fails(organizations.registerLicense({ ...license, Key: 'wrong' }), '400', 'INVALID_LICENSE')
    await fails(organizations.registerLicense({ ...license, Key: undefined }), '400', 'MISSING_PARAMETER')
    const body = await succeeds(organizations.registerLicense(license))
    const session = api.getSession()
    assert.deepEqual([body.DeviceID, body.Token, body.RefreshToken, body.RoleID], [
      session.deviceId, session.deviceToken, session.deviceRefreshToken, session.roleId,
    ])
    for (const v of Object.values(body)) assert.ok(typeof v === 'string' && v !== '')
  })

  await t.test('the token of the device says what it is', async () => {
    const { deviceId, deviceToken } = api.getSession()
    const body = await succeeds(general.verifyToken(deviceToken))
    assert.equal(body.exp - body.iat, 24 * 60 * 60)
    assert.deepEqual({ ...body, exp: 0, iat: 0 }, {
      ActiveLicense: true, DeviceID: deviceId, ID: deviceId, OrganizationID: 'acme', Region: 'local', RemainingMeasurement: null,
      RoleID: 'DFX_DEVICE', SessionGen: 0, Type: 'Device', exp: 0, iat: 0, iss: new URL(DFX_URL).origin,
    })
    const claims = { ...body, Policies: { LoginUser: true }, Permissions: {} }
    assert.deepEqual(await succeeds(auths.authenticate()), claims)
    assert.deepEqual(await succeeds(auths.validate()), claims)
    await fails(general.verifyToken('nonsense'), '401', 'INVALID_TOKEN')
  })

  await t.test('a user signs up and logs in', async () => {
    await fails(users.create({ ...person, Password: 'short' }, 'device'), '400', 'WEAK_PASSWORD')
    const { ID } = await succeeds(users.create({ ...person, PhoneNumber: '+15550100', FirstName: 'Ana' }, 'device'))
    await fails(users.create(person, 'device'), '400', 'USER_EXISTS')
    await fails(users.login({ ...person, Password: 'wrong' }), '401', 'INVALID_CREDENTIALS')
    const { Token, RefreshToken } = await succeeds(users.login(person))
    const { userToken, userRefreshToken } = api.getSession()
    assert.deepEqual([Token, RefreshToken], [userToken, userRefreshToken])
    const body = await succeeds(general.verifyToken(userToken))
    assert.deepEqual([body.ID, body.Type, body.DeviceID], [ID, 'User', api.getSession().deviceId])
    assert.equal((await succeeds(organizations.getPasswordPolicy())).PasswordMinLength, 8)
  })

  for (const kind of ['device', 'user']) {
    await t.test(`renew the pair of the ${kind}`, async () => {
      const pair = () => {
        const s = api.getSession()
        return { Token: s[`${kind}Token`], RefreshToken: s[`${kind}RefreshToken`] }
      }
      const other = { Token: api.getSession()[kind === 'user' ? 'deviceToken' : 'userToken'] }
      const old = pair()
      await fails(auths.renew({ ...old, ...other }, kind), '400', 'INVALID_TOKEN_PAIR')
      await fails(auths.renew({ Token: old.Token }, kind), '400', 'MISSING_PARAMETER')
      assert.deepEqual(pair(), old)
      const renewed = await succeeds(auths.renew(old, kind))
      assert.deepEqual(pair(), renewed)
      assert.ok(renewed.Token !== old.Token && renewed.RefreshToken !== old.RefreshToken)
      await fails(general.verifyToken(old.Token), '401', 'INVALID_TOKEN')
      assert.equal((await succeeds(general.verifyToken(renewed.Token))).SessionGen, 1)
      await fails(auths.renew(old, kind), '400', 'INVALID_TOKEN_PAIR')
      await fails(auths.renew({ ...renewed, RefreshToken: old.RefreshToken }, kind), '400', 'INVALID_TOKEN_PAIR')
      // As the documentation calls it, the session stays as it is.
      const again = await succeeds(auths.renew(renewed))
      assert.deepEqual(pair(), renewed)
      api.setSession({ [`${kind}Token`]: again.Token, [`${kind}RefreshToken`]: again.RefreshToken })
    })
  }

  await t.test('one more access token', async () => {
    const { userToken: Token, userRefreshToken: RefreshToken } = api.getSession()
    const extra = await succeeds(auths.generateToken({ Token, RefreshToken }))
    assert.deepEqual(Object.keys(extra), ['Token'])
    await succeeds(general.verifyToken(extra.Token))
    await succeeds(auths.renew({ Token, RefreshToken }, 'user'))
    await fails(general.verifyToken(extra.Token), '401', 'INVALID_TOKEN')
  })

  await t.test('a login code', async () => {
    assert.deepEqual(await succeeds(auths.requestLoginCode(phone)), { success: true })
    const { vars } = JSON.parse(await delivered())
    const login = { LoginCode: Number(vars.code), PhoneNumber: '+15550100', OrgKey: 'acme' }
    await fails(users.loginWithPhoneCode({ ...login, LoginCode: 100000 }), '401', 'INVALID_CODE')
    const { headers } = await users.loginWithPhoneCode(login, true)
    assert.match(headers.get('set-cookie'), /^DfxSession=eyJ.*; HttpOnly; Secure; SameSite=None$/)
    const body = await succeeds(general.verifyToken(api.getSession().userToken))
    assert.deepEqual([body.Type, body.OrganizationID], ['User', 'acme'])
    await fails(users.loginWithPhoneCode(login), '401', 'INVALID_CODE')
    // By the other call, for nobody, and for no number.
    assert.deepEqual(await succeeds(users.requestLoginCode('acme', '+15550100')), { success: true })
    assert.match(JSON.parse(await delivered()).text, /\d{6}/)
    assert.deepEqual(await succeeds(auths.requestLoginCode({ ...phone, PhoneNumber: '+15550199' })), { success: true })
    await fails(auths.requestLoginCode({ ...phone, PhoneNumber: '5550100' }), '400', 'INVALID_PARAMETER')
  })

  await t.test('a reset link', async () => {
    assert.deepEqual(await succeeds(auths.requestResetPasswordLink({ Email: person.Email, Identifier: 'acme' })), { success: true })
    const ResetToken = resetToken(await delivered())
    await fails(users.resetPassword({ ResetToken, Password: 'short' }), '400', 'WEAK_PASSWORD')
    const before = api.getSession().userToken
    assert.deepEqual(await succeeds(users.resetPassword({ ResetToken, Password: 'battery staple' })), { success: true })
    await fails(users.resetPassword({ ResetToken, Password: 'battery staple' }), '400', 'INVALID_RESET_TOKEN')
    await fails(general.verifyToken(before), '401', 'INVALID_TOKEN')
    await fails(users.login(person), '401', 'INVALID_CREDENTIALS')
    await succeeds(users.login({ ...person, Password: 'battery staple' }))
    // By the other calls.
    assert.deepEqual(await succeeds(users.sendReset(person.Email, 'acme')), { success: true })
    const token = resetToken(await delivered())
    assert.deepEqual(await succeeds(auths.sendResetMobile({ PhoneNumber: phone.PhoneNumber })), { success: true })
    assert.match(JSON.parse(await delivered()).vars.link, /token=pr_/)
    await fails(users.resetPassword({ ResetToken: token, Password: 'battery staple' }), '400', 'INVALID_RESET_TOKEN')
    assert.deepEqual(await succeeds(auths.requestResetPasswordLink({ Email: 'nobody@example.com', Identifier: 'acme' })), { success: true })
  })

  await t.test('a new password', async () => {
    const change = { Identifier: 'acme', Email: person.Email, Password: 'battery staple', NewPassword: person.Password }
    await fails(users.changePassword({ ...change, Password: 'wrong' }), '401', 'INVALID_CREDENTIALS')
    assert.deepEqual(await succeeds(users.changePassword(change)), { success: true })
    await succeeds(users.login(person))
  })

  await t.test('the organisation', async () => {
    const view = connect()
    const login = { ...person, Identifier: 'acme', TokenExpiresIn: 60 }
    await fails(view.http.organizations.login({ ...login, Identifier: 'other' }), '401', 'INVALID_CREDENTIALS')
    await succeeds(view.http.organizations.login(login, true))
    const body = await succeeds(general.verifyToken(view.getSession().userToken))
    assert.deepEqual([body.Type, body.exp - body.iat], ['Organization', 60])
    await fails(view.http.users.create({ PhoneNumber: '+15550142' }, 'user'), '401', 'UNAUTHORIZED')
  })

  await t.test('the socket', async () => {
    const answered = new Promise((resolve, reject) => {
      api.websocket.onmessage = (...args) => resolve(args)
      api.websocket.onerror = reject
    })
    api.websocket.connect(api.getSession().userToken)
    const [id, status, message, action] = await answered
    assert.deepEqual([id.length, status, message, action], [10, '200', {}, '0718'])
    api.websocket.disconnect()
  })

  await t.test('log out, and give the seat back', async () => {
    assert.deepEqual(await succeeds(users.logout()), { success: true })
    await fails(users.logout(), '401', 'UNAUTHORIZED')
    await succeeds(users.login(person))
    const [second, third] = [await registered(), await registered()]
    await fails(connect().http.organizations.registerLicense(license), '403', 'LICENSE_EXHAUSTED')
    const { deviceToken } = api.getSession()
    assert.deepEqual(await succeeds(organizations.unregisterLicense()), {})
    await fails(general.verifyToken(deviceToken), '401', 'INVALID_TOKEN')
    await registered()
    for (const other of [second, third]) await succeeds(general.verifyToken(other.getSession().deviceToken))
  })

  await t.test('calls that are not answered', async () => {
    await fails(general.listAcceptedMimeTypes(), '404', 'NOT_FOUND')
    await fails(users.retrieve(), '404', 'NOT_FOUND')
  })
})
