import t from 'tap'
import { MAX_TRIED, createPathFinder } from '../../src/identity/pki/paths.ts'
import * as c from '../support/chains.ts'

const root = c.certify({ name: 'root', extensions: c.CA })
const issuer = c.certify({ name: 'mid', by: root, extensions: c.CA })
const leaf = c.certify({ name: 'leaf', by: issuer, extensions: c.LEAF })

/** Paths of a client that sends so many authorities of its issuer's name before the issuer. */
const pathsBehind = (decoys: number): number => {
  const others = Array.from({ length: decoys }, (_, i) =>
    c.certify({ name: 'mid', key: c.keyOf(`other ${i}`), by: root, extensions: c.CA }),
  )
  return createPathFinder([c.read(root)])(c.read(leaf), [...others, issuer].map(c.read)).length
}

t.test('a search tries a bounded number of issuers, however many have the name that is looked for [CR 7.1]', (t) => {
  t.equal(pathsBehind(MAX_TRIED - 2), 1, 'the issuer and the root are the last two that are tried')
  t.equal(pathsBehind(MAX_TRIED), 0, 'the issuer comes too late')
  t.end()
})
