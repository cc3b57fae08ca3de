/** A connection that would give the device of another bus a second set of locks. `address`: what it has connected to. */
export type EndpointConflict = { readonly otherBus: string; readonly address: string }
export type Held = { readonly kind: 'held' } | { readonly kind: 'another-bus'; readonly conflict: EndpointConflict }

/** The endpoint of one connection. It is kept over a loss until the next try has ended, so that a short loss gives it to nobody else. */
export interface EndpointClaim {
  /** Gives up what this connection had before. `another-bus`: the connection must not be used. */
  hold(address: string): Held
  release(): void
}
/** Makes the claim of one connection of one bus. */
export type ClaimEndpoint = () => EndpointClaim

/** Which address or serial device each bus of a site is connected to. */
export interface Endpoints {
  /** `report` is called once for each conflict, not for each try that meets it. */
  ofBus(bus: string, report: (conflict: EndpointConflict) => void): ClaimEndpoint
}

type Claim = { readonly bus: string; address: string | undefined; refused: EndpointConflict | 'none' }

/**
 * Compares the buses of a site by what they are connected to: names are resolved for each connection, so that two buses which
 * differ in the configuration may become one later. The bus that was connected first keeps the endpoint; several connections of one bus
 * share it.
 */
export function createEndpoints(): Endpoints {
  const claims = new Set<Claim>()

  const same = (a: EndpointConflict, b: Claim['refused']): boolean => b !== 'none' && a.otherBus === b.otherBus && a.address === b.address

  function hold(claim: Claim, address: string, report: (conflict: EndpointConflict) => void): Held {
    claim.address = undefined
    const other = [...claims].find((one) => one.address === address && one.bus !== claim.bus)
    if (other === undefined) {
      claim.address = address
      claim.refused = 'none'
      return { kind: 'held' }
    }
    const conflict = { otherBus: other.bus, address }
    const known = [...claims].some(({ bus, refused }) => bus === claim.bus && same(conflict, refused))
    claim.refused = conflict
    if (!known) report(conflict)
    return { kind: 'another-bus', conflict }
  }

  return {
    ofBus: (bus, report) => () => {
      const claim: Claim = { bus, address: undefined, refused: 'none' }
      claims.add(claim)
      return {
        hold: (address) => hold(claim, address, report),
        release: () => void (claim.address = undefined),
      }
    },
  }
}

/** For a connection beside which there is no other, such as that of a search. */
export const soleEndpoint: ClaimEndpoint = () => ({ hold: () => ({ kind: 'held' }), release: () => undefined })

/**
 * One spelling of a connected address: IPv4 in IPv6 is IPv4 (RFC 4291, 2.5.5.2), and the loopback address of IPv6 is that of IPv4, since a
 * program usually listens on both.
 */
export function addressOf(host: string, port: number): string {
  const plain = host.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  const one = plain === '::1' ? '127.0.0.1' : plain
  return one.includes(':') ? `[${one}]:${port}` : `${one}:${port}`
}

/** Why a connection is not used, in words. */
export const describeConflict = ({ otherBus, address }: EndpointConflict): string =>
  `it is connected to ${address}, which belongs to bus ${otherBus}: nothing is sent, since its breakers have their locks there`
