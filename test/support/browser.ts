import { X509Certificate, createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'

/** A real Chromium out of an npm package. It trusts the one certificate by its key: passkeys need a page without certificate errors. */
export async function startBrowser(certificateFile: string): Promise<Browser> {
  const key = new X509Certificate(readFileSync(certificateFile)).publicKey.export({ type: 'spki', format: 'der' })
  const pin = createHash('sha256').update(key).digest('base64')
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // Not the package's own list: it switches off what keeps pages apart, which is what is tested here.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--ignore-certificate-errors-spki-list=${pin}`],
    headless: true,
  })
}

/** An authenticator that is built into the browser's test interface: it makes and uses passkeys as a phone does. */
export async function withAuthenticator(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  })
}
