import { closeSync, openSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { PacketView, Refusal } from '../../contract/index.ts'
import { type Where, authorization } from '../client.ts'
import { toSeconds } from '../text/duration.ts'
import { type Add, type Finish, type Terminal, exitCode, wrongWords } from '../parts.ts'
import { captureFile } from '../text/pcapng.ts'

type Options = { readonly write: string; readonly for?: string; readonly packets?: string; readonly api?: string }

/** `breakwall capture BUS -w FILE`: what passes on a bus, on both sides, until Ctrl-C, a time or a number of frames. */
export function capture(add: Add, terminal: Terminal, finish: Finish): void {
  add('capture <bus>', 'record what passes on a bus, on both sides of the gateway, for Wireshark; passwords in it are 0')
    .requiredOption('-w, --write <file>', 'the file to write, such as line.pcapng')
    .option('--for <time>', 'how long, such as 30s; left out: until Ctrl-C')
    .option('--packets <count>', 'end after this many frames')
    .action(async (bus: string, options: Options) => {
      const seconds = options.for === undefined ? undefined : toSeconds(options.for)
      const most = options.packets === undefined ? Infinity : Number(options.packets)
      if (options.for !== undefined && (seconds === undefined || seconds < 1))
        return finish(wrongWords(terminal, `"${options.for}" is not a time`, 'write it as 30s, 5m or 1h'))
      if (!(most >= 1))
        return finish(wrongWords(terminal, `"${options.packets ?? ''}" is not a number of frames`, 'write a number such as 1000'))
      finish(await record({ bus, file: options.write, seconds, most, where: terminal.findSocket(options.api) }, terminal))
    })
}

type Wanted = {
  readonly bus: string
  readonly file: string
  readonly seconds: number | undefined
  readonly most: number
  readonly where: Where
}

function record({ bus, file, seconds, most, where }: Wanted, terminal: Terminal): Promise<number> {
  let out: number
  try {
    out = openSync(file, 'w', 0o600)
  } catch (error) {
    terminal.error(`breakwall: error: ${file} cannot be written: ${String(error)}\nbreakwall: hint: name another file with -w`)
    return Promise.resolve(exitCode.refused)
  }
  return new Promise((done) => {
    const writer = captureFile(`Breakwall ${terminal.version}`)
    let frames = 0
    let lost = 0
    let over = false
    const end = (code: number): void => {
      if (over) return
      over = true
      asked.destroy()
      closeSync(out)
      if (code === exitCode.done) terminal.out(`${file}: ${frames} frames${lost > 0 ? `, ${lost} came too fast and are missing` : ''}`)
      done(code)
    }
    const take = (line: string): void => {
      if (over || line === '') return
      const packet = JSON.parse(line) as PacketView
      if ('lost' in packet) return void (lost += packet.lost)
      writeFileSync(out, writer.add(packet))
      frames += 1
      if (frames >= most) end(exitCode.done)
    }
    const asked = request(
      { socketPath: where.socket, path: `/v1/buses/${encodeURIComponent(bus)}/capture`, headers: authorization(where.token) },
      (response) => {
        let pending = ''
        response.on('data', (chunk: Buffer) => {
          pending += chunk.toString('utf8')
          if (response.statusCode !== 200) return
          const lines = pending.split('\n')
          pending = lines.pop() ?? ''
          for (const line of lines) take(line)
        })
        response.on('end', () => {
          if (response.statusCode === 200) return end(exitCode.done)
          const { error, hint } = JSON.parse(pending) as Refusal
          terminal.error(`breakwall: error: ${error}\nbreakwall: hint: ${hint}`)
          end(exitCode.refused)
        })
        if (response.statusCode === 200)
          terminal.error(`recording bus ${bus} into ${file}${seconds === undefined ? '; Ctrl-C ends it' : ''}`)
      },
    )
    asked.on('error', () => {
      if (over) return
      terminal.error(`breakwall: error: no gateway answers on ${where.socket}\nbreakwall: hint: say which with --api SOCKET`)
      end(exitCode.unreachable)
    })
    writeFileSync(out, writer.head)
    asked.end()
    terminal.interrupted(() => end(exitCode.done))
    if (seconds !== undefined) terminal.after(seconds * 1000, () => end(exitCode.done))
  })
}
