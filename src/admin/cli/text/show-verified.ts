import type { VerifyView } from '../../contract/index.ts'

type Verified = Extract<VerifyView, { verified: unknown }>['verified']

/** What came out of a verification, for a person. */
export function verifiedText(file: string, verified: Verified): string {
  switch (verified.kind) {
    case 'whole': {
      const { records, head, checkpoints, signedUpTo } = verified
      const signed =
        signedUpTo > 0
          ? `signed up to event ${signedUpTo}`
          : checkpoints > 0
            ? 'signatures not checked: name the key with --key journal.pub'
            : 'no checkpoint yet'
      return `${file}: ${records} events, the chain is whole, ${signed}, head ${head.hash}`
    }
    case 'broken':
      return `breakwall: error: ${file}: event ${verified.seq} is wrong: ${verified.fault}: ${verified.what}\nbreakwall: hint: keep this file as evidence; events before ${verified.seq} hold`
    case 'unreadable':
      return `breakwall: error: ${file}: ${verified.what}\nbreakwall: hint: name the journal with --db FILE`
  }
}
