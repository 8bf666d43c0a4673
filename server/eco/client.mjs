// The five operations of ecoflow's TokenServices, over HTTP.
//
//   import { TokenServices } from "./client.mjs";
//   const tokens = new TokenServices("https://tokens.example.com/eco/tokens", key);
//   const [accessToken, refreshToken, expiresAt] = await tokens.generateToken("alice");
//
// key is the secret of a key with the role server or admin; it belongs on a
// server, never into a page.

export class TokenServices {
  #url;
  #key;

  constructor(url, key) {
    this.#url = String(url).replace(/\/$/, "");
    this.#key = key;
  }

  // generateToken makes a pair for a user: [access, refresh, milliseconds].
  async generateToken(_id) {
    return this.#call("POST", "/generate", { _id });
  }

  // checkToken tells whether a refresh token is the user's live one.
  async checkToken(token, userId) {
    return this.#call("POST", "/check", { token, userId });
  }

  // removeToken ends a login.
  async removeToken(token, userId) {
    await this.#call("POST", "/remove", { token, userId });
  }

  // migrateToken takes in a record of another server.
  async migrateToken(token) {
    await this.#call("POST", "/migrate", token);
  }

  // getAllTokens lists the records.
  async getAllTokens() {
    return this.#call("GET", "");
  }

  async #call(method, path, body) {
    const response = await fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (response.ok) {
      return text === "" ? undefined : JSON.parse(text);
    }
    let problem = {};
    try {
      problem = JSON.parse(text);
    } catch {
      // Something between us answered.
    }
    const where = (problem.errors ?? []).map((e) => ` ${e.pointer}: ${e.detail}`).join("");
    const error = new Error(`${problem.detail ?? response.statusText}${where}`);
    error.status = response.status;
    error.code = problem.code;
    throw error;
  }
}

export default TokenServices;
