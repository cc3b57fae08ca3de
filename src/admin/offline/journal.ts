import { openSync, readFileSync, writeFileSync } from 'node:fs'
import {
  type Judge,
  judgeOf,
  justTheChain,
  readAnchors,
  salvage,
  setJournalAside,
  verifyJournal,
  verifyLines,
} from '../../journal/index.ts'
import { dirname, join } from 'node:path'
import type { VerifyView } from '../contract/index.ts'
import type { Clock } from '../../platform/index.ts'

type Print = {
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  readonly failed: (why: string, hint: string) => number
}
type Words = { readonly db?: string; readonly events?: string; readonly key: readonly string[]; readonly anchors?: string }
type Verified = Extract<VerifyView, { verified: unknown }>['verified']

/** Checking and saving journals on files, without a gateway. */
export function journalCommands({ out, error, failed }: Print, words: (file: string, verified: Verified) => string, clock: Clock) {
  return {
    verify({ db, events, key, anchors }: Words, json: boolean, progress: (done: number, of: number) => void, ended: () => void): number {
      const file = db ?? events ?? ''
      const keys = readKeys(key, db)
      if ('why' in keys) return failed(keys.why, 'name a public key in PEM, such as journal.pub')
      const known = anchors === undefined ? [] : readText(anchors)
      if (typeof known === 'object' && 'why' in known) return failed(known.why, 'name a file with checkpoints from the SOC')
      const heads = typeof known === 'string' ? readAnchors(known) : []
      if (anchors !== undefined && heads.length === 0)
        return failed(`there is no checkpoint in ${anchors}`, 'search the SOC for the event "checkpoint" and save its lines')
      const using = { ...justTheChain, keys: keys.list, anchors: heads, progress }
      const verified = db === undefined ? verifyLines(file, using) : verifyJournal(db, using)
      ended()
      if (json) out(JSON.stringify(verified))
      else if (verified.kind === 'whole') {
        out(`${words(file, verified)}${heads.length === 0 ? '' : describeAnchors(verified, heads.length)}`)
      } else error(words(file, verified))
      return verified.kind === 'whole' ? 0 : 1
    },
    salvage(file: string, target: string): number {
      try {
        const found = salvage(file)
        const to = openSync(target, 'wx', 0o600)
        for (const one of found) writeFileSync(to, `${JSON.stringify(one)}\n`)
        const fits = found.filter(({ chain }) => chain === 'fits').length
        out(`${target}: ${found.length} events, ${fits} of them as the chain has them`)
        return found.length > 0 ? 0 : 1
      } catch (problem) {
        return failed(
          problem instanceof Error ? problem.message : String(problem),
          'name the damaged journal, and a file that is not there yet',
        )
      }
    },
    setAside(file: string): number {
      const moved = setJournalAside(file, clock.utcUs())
      if (moved.kind === 'refused') return failed(moved.why, 'stop the gateway first: systemctl stop breakwall')
      out(
        `${moved.file}\nthe next start begins a new chain behind its numbers; every lock is locked then, and operations are denied\nuntil somebody with the right "configuration" compares the tags: breakwall journal accept-states --reason "…"`,
      )
      return 0
    },
  }
}

/** Each anchor is in one of these numbers: one that was not compared is never passed over in silence. */
function describeAnchors({ anchors, anchorsBelow }: Extract<Verified, { kind: 'whole' }>, all: number): string {
  const fit = `\n${anchors} of ${all} anchors were compared, and fit`
  const below = `\n${anchorsBelow} of ${all} anchors cannot be compared: they are of events before the first that is kept`
  return anchorsBelow > 0 ? `${fit}${below}` : fit
}

function readText(file: string): string | { readonly why: string } {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) }
  }
}

/** Those that were named, or the one that lies beside the journal. */
function readKeys(named: readonly string[], db: string | undefined): { readonly list: readonly Judge[] } | { readonly why: string } {
  const beside = db === undefined ? undefined : join(dirname(db), 'journal.pub')
  const files = named.length > 0 ? named : beside !== undefined && typeof readText(beside) === 'string' ? [beside] : []
  const list: Judge[] = []
  for (const file of files) {
    const text = readText(file)
    if (typeof text !== 'string') return text
    try {
      list.push(judgeOf(text))
    } catch (error) {
      return { why: `${file}: ${error instanceof Error ? error.message : String(error)}` }
    }
  }
  return { list }
}
