import { createInterface } from 'node:readline'

/** Reads a password without showing it: from a terminal key by key, from a pipe its one line. Undefined on Ctrl-C or Ctrl-D. */
export function readSecret(input: NodeJS.ReadStream, output: NodeJS.WriteStream, prompt: string): Promise<string | undefined> {
  return input.isTTY ? fromTerminal(input, output, prompt) : fromPipe(input)
}

async function fromPipe(input: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Buffer))
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

const KEY = { enter: ['\r', '\n'], cancel: ['\u0003', '\u0004'], erase: ['\u007f', '\b'] } as const

function fromTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream, prompt: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let typed = ''
    const finish = (result: string | undefined): void => {
      input.off('data', take)
      input.setRawMode(false)
      input.pause()
      output.write('\n')
      resolve(result)
    }
    const take = (chunk: Buffer): void => {
      for (const key of chunk.toString('utf8')) {
        if ((KEY.enter as readonly string[]).includes(key)) return finish(typed)
        if ((KEY.cancel as readonly string[]).includes(key)) return finish(undefined)
        typed = (KEY.erase as readonly string[]).includes(key) ? typed.slice(0, -1) : typed + key
      }
    }
    // The terminal stops showing what is typed before anybody is asked to type.
    input.setRawMode(true)
    input.on('data', take)
    input.resume()
    output.write(prompt)
  })
}

/** Reads one line that its typist sees; undefined at the end of the input. */
export function readLine(input: NodeJS.ReadStream, output: NodeJS.WriteStream, prompt: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input, output })
    lines.on('close', () => resolve(undefined))
    lines.question(prompt, (line) => {
      resolve(line.trim())
      lines.close()
    })
  })
}
