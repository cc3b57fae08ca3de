import type { PacketView } from '../../contract/index.ts'

type Frame = Exclude<PacketView, { lost: number }>

/** Link types (tcpdump.org, link-layer header types): IP packets without anything around them, and frames of a serial line. */
const LINKTYPE_RAW = 101
const LINKTYPE_RTAC_SERIAL = 250
/** What stands for the gateway in the packets that are made around a client's frames, and the port by which readers know Modbus TCP. */
const GATEWAY = '192.0.2.1'
const MODBUS_PORT = 502
/** Event types of the serial link type: the gateway sends, the gateway receives. */
const DATA_TX = 1
const DATA_RX = 2

/**
 * A capture as Wireshark opens it (pcapng, draft-ietf-opsawg-pcapng): interface 0 holds Modbus TCP, each ADU in a TCP packet made for it,
 * interface 1 the RTU frames of a serial line.
 */
export interface CaptureFile {
  /** The blocks that begin every file. */
  readonly head: Buffer
  /** The blocks of one frame: its two ends keep their sequence numbers, so that a reader can follow the stream. */
  add(frame: Frame): Buffer
}

export function captureFile(program: string): CaptureFile {
  const sent = new Map<string, number>()
  const head = Buffer.concat([section(program), interfaceOf(LINKTYPE_RAW, 'Modbus TCP'), interfaceOf(LINKTYPE_RTAC_SERIAL, 'Modbus RTU')])

  function inTcp(frame: Frame, adu: Buffer): Buffer {
    const [host, port] = endpointOf(frame.peer)
    const peerIsServer = frame.side === 'device'
    const gatewayPort = peerIsServer ? 40_000 : MODBUS_PORT
    const peerPort = peerIsServer ? MODBUS_PORT : port
    const fromGateway = peerIsServer === (frame.direction === 'request')
    const gateway = { host: host.includes(':') ? `::ffff:${GATEWAY}` : GATEWAY, port: gatewayPort }
    const peer = { host, port: peerPort }
    const [from, to] = fromGateway ? [gateway, peer] : [peer, gateway]
    const [out, back] = [`${from.host}:${from.port}>${to.host}:${to.port}`, `${to.host}:${to.port}>${from.host}:${from.port}`]
    const sequence = sent.get(out) ?? 1
    sent.set(out, sequence + adu.length)
    return packet(from, to, { sequence, acknowledged: sent.get(back) ?? 1 }, adu)
  }

  return {
    head,
    add(frame) {
      const adu = Buffer.from(frame.hex, 'hex')
      if (frame.framing === 'mbap') return enhancedPacket(0, frame, inTcp(frame, adu))
      const header = Buffer.alloc(12)
      header.writeUInt32BE(Math.floor(frame.utcUs / 1e6) >>> 0, 0)
      header.writeUInt32BE(frame.utcUs % 1e6, 4)
      header[8] = frame.direction === 'request' ? DATA_TX : DATA_RX
      return enhancedPacket(1, frame, Buffer.concat([header, adu]))
    },
  }
}

/** Address and port; what cannot be read as such is shown as coming from nowhere. */
function endpointOf(peer: string): readonly [string, number] {
  const found = /^\[?(.*?)\]?:(\d+)$/.exec(peer)
  const host = found?.[1] ?? ''
  return [/^[\d.]+$|:/.test(host) ? host : '0.0.0.0', Number(found?.[2] ?? 0)]
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}

function option(code: number, text: string): Buffer {
  const value = Buffer.from(text, 'utf8')
  const head = Buffer.alloc(4)
  head.writeUInt16LE(code, 0)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, padded(value)])
}
const END_OF_OPTIONS = Buffer.alloc(4)

function block(type: number, body: Buffer): Buffer {
  const length = 12 + body.length
  const edge = Buffer.alloc(8)
  edge.writeUInt32LE(type, 0)
  edge.writeUInt32LE(length, 4)
  return Buffer.concat([edge, body, edge.subarray(4)])
}

function section(program: string): Buffer {
  const body = Buffer.alloc(16)
  body.writeUInt32LE(0x1a2b3c4d, 0)
  body.writeUInt16LE(1, 4)
  body.writeBigInt64LE(-1n, 8)
  return block(0x0a0d0d0a, Buffer.concat([body, option(4, program), END_OF_OPTIONS]))
}

function interfaceOf(linkType: number, name: string): Buffer {
  const body = Buffer.alloc(8)
  body.writeUInt16LE(linkType, 0)
  return block(1, Buffer.concat([body, option(2, name), END_OF_OPTIONS]))
}

/** Timestamps in microseconds, which is what an interface has that names no other resolution. */
function enhancedPacket(interfaceId: number, { utcUs, comment }: Frame, data: Buffer): Buffer {
  const head = Buffer.alloc(20)
  head.writeUInt32LE(interfaceId, 0)
  head.writeUInt32LE(Math.floor(utcUs / 0x1_0000_0000), 4)
  head.writeUInt32LE(utcUs % 0x1_0000_0000, 8)
  head.writeUInt32LE(data.length, 12)
  head.writeUInt32LE(data.length, 16)
  const options = comment === '' ? Buffer.alloc(0) : Buffer.concat([option(1, comment), END_OF_OPTIONS])
  return block(6, Buffer.concat([head, padded(data), options]))
}

type End = { readonly host: string; readonly port: number }

function packet(from: End, to: End, { sequence, acknowledged }: { sequence: number; acknowledged: number }, adu: Buffer): Buffer {
  const tcp = Buffer.alloc(20)
  tcp.writeUInt16BE(from.port, 0)
  tcp.writeUInt16BE(to.port, 2)
  tcp.writeUInt32BE(sequence >>> 0, 4)
  tcp.writeUInt32BE(acknowledged >>> 0, 8)
  tcp[12] = 5 << 4
  tcp[13] = 0x18 // PSH, ACK
  tcp.writeUInt16BE(0xffff, 14)
  const [source, target] = [addressBytes(from.host), addressBytes(to.host)]
  const length = Buffer.alloc(4)
  length.writeUInt32BE(tcp.length + adu.length)
  tcp.writeUInt16BE(checksum(Buffer.concat([source, target, length, Buffer.from([0, 0, 0, 6]), tcp, adu])), 16)
  return Buffer.concat([
    source.length === 4 ? ipv4(source, target, tcp.length + adu.length) : ipv6(source, target, tcp.length + adu.length),
    tcp,
    adu,
  ])
}

function ipv4(source: Buffer, target: Buffer, length: number): Buffer {
  const ip = Buffer.alloc(20)
  ip[0] = 0x45
  ip.writeUInt16BE(20 + length, 2)
  ip[8] = 64
  ip[9] = 6
  source.copy(ip, 12)
  target.copy(ip, 16)
  ip.writeUInt16BE(checksum(ip), 10)
  return ip
}

function ipv6(source: Buffer, target: Buffer, length: number): Buffer {
  const ip = Buffer.alloc(8)
  ip[0] = 0x60
  ip.writeUInt16BE(length, 4)
  ip[6] = 6
  ip[7] = 64
  return Buffer.concat([ip, source, target])
}

function addressBytes(host: string): Buffer {
  if (!host.includes(':')) return Buffer.from(host.split('.').map(Number))
  const v4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host)
  const hex = v4 === null ? host : `${v4[1] ?? ''}${pair(v4[2], v4[3])}:${pair(v4[4], v4[5])}`
  const [front = '', back = ''] = hex.split('::')
  const groups = (text: string): number[] =>
    text
      .split(':')
      .filter(Boolean)
      .map((group) => parseInt(group, 16))
  const [first, last] = [groups(front), groups(back)]
  const all = [...first, ...Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last]
  return Buffer.from(all.slice(0, 8).flatMap((group) => [group >> 8, group & 0xff]))
}
const pair = (high = '0', low = '0'): string => ((Number(high) << 8) | Number(low)).toString(16)

/** The checksum of the internet protocols (RFC 1071). */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
