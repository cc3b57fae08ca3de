import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { getJson } from './api.ts'
import { makePeople } from './people.ts'
import { connectScada } from './scada.ts'

const usage =
  'breakwall demo read|open|close|reset Q1 [--as Viewer], breakwall demo set-ir Q1 160 [--as Engineer], or breakwall demo people'
const codes: Readonly<Record<string, number>> = { open: 904, close: 905, reset: 906 }
/** Destination words of the virtual breakers' command interfaces, as their documents give them. */
const destinations: Readonly<Record<string, number>> = {
  'ComPacT NSX': 4353,
  'PowerPacT H/J/L': 4353,
  'MasterPacT NW': 4609,
  'ComPacT NS': 4609,
  'PowerPacT P/R': 4609,
  'MasterPacT MTZ Active': 4609,
  'MasterPacT MTZ': 5377,
}
/** Trip unit of ComPacT NSX: long-time protection takes pick-up, delay, motor class and fan (DOCA0091EN). */
const LONG_TIME = { code: 45192, length: 18, destination: 5121 } as const

type Demo = {
  readonly modbusTls: { readonly host: string; readonly port: number }
  readonly ca: string
  readonly clients: readonly { readonly role: string; readonly cert: string; readonly key: string }[]
  readonly breakers: readonly { readonly name: string; readonly unit: number; readonly family: string; readonly bus: string }[]
  readonly api: string
}

const out = (text: string): void => void process.stdout.write(`${text}\n`)
function fail(why: string, hint: string): number {
  process.stderr.write(`breakwall: error: ${why}\nbreakwall: hint: ${hint}\n`)
  return 1
}

/** The 20 registers of a command. The password registers stay 0: SCADA needs none, the gateway has them. */
function commandOf(action: string, family: string, amps: number): number[] {
  const setsIr = action === 'set-ir'
  const head = setsIr
    ? [LONG_TIME.code, LONG_TIME.length, LONG_TIME.destination, 1]
    : [codes[action] ?? 0, 10, destinations[family] ?? 0, 1]
  const parameters = setsIr ? [amps, 16000, 5, 1] : [0, 0, 0, 0]
  return [...head, 0, 0, ...parameters, ...Array<number>(6).fill(0), 0, 8019, 8020, 8021]
}

/** Acts as a SCADA client of the running demo, through the gateway like any other. */
async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { as: { type: 'string' }, state: { type: 'string', default: '.demo' } },
    allowPositionals: true,
  })
  const [action = '', name = '', amps = ''] = positionals
  const file = resolve(import.meta.dirname, '../..', values.state, 'demo.json')
  if (!existsSync(file)) return fail('no demo has run here yet', 'npm start')
  const demo = JSON.parse(readFileSync(file, 'utf8')) as Demo
  const path = (relative: string): string => resolve(dirname(file), relative)
  if (action === 'people') {
    const { made, words } = await makePeople(dirname(file), path(demo.api))
    if (!made) return fail(words, 'npm start, then once: npx breakwall demo people')
    out(words)
    return 0
  }
  const role = values.as ?? (action === 'set-ir' ? 'Engineer' : 'Operator')
  const breaker = demo.breakers.find((candidate) => candidate.name === name)
  const client = demo.clients.find((candidate) => candidate.role === role)
  const known = action === 'read' || codes[action] !== undefined || (action === 'set-ir' && Number(amps) > 0)
  if (breaker === undefined || !known) return fail(`"${positionals.join(' ')}" is not understood`, usage)
  if (client === undefined) return fail(`there is no client with the role ${role}`, usage)

  const modbus = await connectScada({ ...demo.modbusTls, ca: path(demo.ca), cert: path(client.cert), key: path(client.key) }).catch(
    () => undefined,
  )
  if (modbus === undefined)
    return fail(`nothing answers on ${demo.modbusTls.host}:${demo.modbusTls.port}`, 'is the demo running? npm start')
  modbus.setID(breaker.unit)
  try {
    if (action === 'read') {
      const { data } = await modbus.readHoldingRegisters(11999, 113)
      const state = ((data[1] ?? 0) & 1) === 1 ? 'CLOSED' : 'OPEN'
      out(`${name} ${breaker.family}: ${state}  L1 ${data[16] ?? 0} A  L2 ${data[17] ?? 0} A  L3 ${data[18] ?? 0} A`)
      return 0
    }
    await modbus.writeRegisters(7999, commandOf(action, breaker.family, Number(amps)))
    return await result(modbus, positionals.join(' '))
  } catch (error) {
    return await explain(error, path(demo.api), name, role)
  } finally {
    modbus.close(() => undefined)
  }
}

/** Polls register 8021, as the documents have a client do. */
async function result(modbus: Awaited<ReturnType<typeof connectScada>>, what: string): Promise<number> {
  for (let tries = 0; tries < 20; tries++) {
    const { data } = await modbus.readHoldingRegisters(8019, 2)
    const state = data[1] ?? 0
    if (state === 0) {
      out(`done: ${what}`)
      return 0
    }
    if (state !== 3) return fail(`the breaker refused ${what}: error ${state} in register 8021`, 'npx breakwall events')
    await new Promise((resume) => setTimeout(resume, 50))
  }
  return fail('the breaker did not report the end of its command', 'npx breakwall events')
}

type Event = { readonly seq: number; readonly id: string; readonly fields: Readonly<Record<string, string>> }

/** What a refusal says to a person: what was to be done, why not, who asked, what to type next. */
async function explain(error: unknown, socket: string, name: string, role: string): Promise<number> {
  const code = error instanceof Error && 'modbusCode' in error ? Number(error.modbusCode) : undefined
  if (code === undefined) return fail(`no answer: ${String(error)}`, 'npx breakwall status')
  const query = `id=operation-denied&breaker=${encodeURIComponent(name)}&limit=1`
  const [denied] = ((await getJson(socket, `/v1/events?${query}`)) as Event[] | undefined) ?? []
  out(`refused: ${denied?.fields['operation'] ?? name} (exception ${String(code).padStart(2, '0')})`)
  out(`  why    ${denied?.fields['reason'] ?? 'npx breakwall events shows it'}`)
  out(`  who    ${denied?.fields['subject'] ?? ''}, role ${role}, ${denied?.fields['source'] ?? ''}`)
  const scope = denied?.fields['class'] === 'control' ? '' : ` --scope ${denied?.fields['class'] ?? ''}`
  if (denied?.fields['reason']?.startsWith('locked') === true) out(`  next   npx breakwall unlock ${name} --for 15m --reason "…"${scope}`)
  if (denied !== undefined) out(`  event  ${denied.id} #${denied.seq}`)
  return 1
}

process.exitCode = await run()
