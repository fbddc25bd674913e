// The document of the demo page: everything that its script fills in later. It needs nothing from outside.
import { html } from 'hono/html'

/** `isSimulated`: there is a simulated Looker that can be told to misbehave. */
export const documentOf = (isSimulated: boolean): ReturnType<typeof html> =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Northwind Analytics</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/page.css" />
        <script type="module" src="/page.js"></script>
      </head>
      <body>
        <header class="bar">
          <p class="brand"><span class="mark" aria-hidden="true"></span>Northwind Analytics</p>
          <div id="account" class="account" hidden>
            <span id="initials" class="initials" aria-hidden="true"></span>
            <select id="who" aria-label="Signed in as"></select>
            <label class="inline"
              >Role
              <select id="role"></select
            ></label>
            <button id="sign-out">Sign out</button>
          </div>
        </header>
        <main>
          <section id="welcome" class="card welcome" aria-labelledby="welcome-title" hidden>
            <p id="farewell" class="farewell" role="status"></p>
            <h1 id="welcome-title">Who are you today?</h1>
            <p>
              Your dashboards are made by Looker and belong to you alone. Choose a colleague to sign
              in as.
            </p>
            <label class="choice"><input id="stay" type="checkbox" /> Stay signed in</label>
            <ul id="people" class="people"></ul>
          </section>
          <div id="work" class="work" hidden>
            <section aria-labelledby="dashboards-title">
              <div class="heading">
                <h1 id="dashboards-title">Dashboards</h1>
                <p id="status" class="status" role="status" aria-live="polite"></p>
              </div>
              <div id="notice" class="card notice" role="alert" hidden>
                <p id="notice-text"></p>
                <button id="next" class="primary"></button>
              </div>
              <div id="warning" class="card warning" role="alert" hidden>
                <p><span id="warning-text"></span> <strong id="warning-left"></strong></p>
                <button id="extend" class="primary">Extend</button>
              </div>
              <div id="frames" class="frames"></div>
            </section>
            <aside aria-labelledby="session-title">
              <section class="card">
                <h2 id="session-title">Your session</h2>
                <dl class="facts">
                  ${token('navigation', 'Navigation token')} ${token('api', 'API token')}
                  ${token('session', 'Session')}
                  <div>
                    <dt>Renewals</dt>
                    <dd id="renewals">none yet</dd>
                  </div>
                  <div>
                    <dt>The broker says</dt>
                    <dd id="state">–</dd>
                  </div>
                  <div>
                    <dt>Seen by Looker</dt>
                    <dd id="seen">–</dd>
                  </div>
                </dl>
              </section>
              <section class="card" aria-labelledby="try-title">
                <h2 id="try-title">Try it</h2>
                <div class="buttons">
                  <button id="second-frame">Second frame</button>
                  <button id="renew">Renew tokens</button>
                  <button id="interrupt">Interrupt a frame</button>
                  <button id="end">End the session</button>
                  <button id="end-as-administrator">End as admin</button>
                  <button id="sign-in-again">Sign in again</button>
                  ${
                    isSimulated
                      ? html`<button id="expire">Expire at Looker</button>
                          <button id="away">Looker away 20 s</button>
                          <button id="near-end">Go to 2 min before the end</button>
                          <button id="skip">Skip 3 minutes</button>`
                      : ''
                  }
                </div>
              </section>
              <section class="card" aria-labelledby="log-title">
                <h2 id="log-title">What happened</h2>
                <ol id="log" class="log" tabindex="0" aria-labelledby="log-title"></ol>
              </section>
            </aside>
          </div>
        </main>
      </body>
    </html>`

const token = (id: string, name: string) =>
  html`<div>
    <dt>${name}</dt>
    <dd>
      <span id="${id}-left" class="left">–</span>
      <meter id="${id}-meter" min="0" max="1" value="0" aria-label="${name}: share left"></meter>
    </dd>
  </div>`
