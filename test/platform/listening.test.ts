import t from 'tap'
import { hintOfListening } from '../../src/platform/index.ts'

const failing = (code: string): Error => Object.assign(new Error(`listen ${code}`), { code })

t.test('a port that cannot be opened: each error of the system has a hint that leads to its cause', (t) => {
  const table: readonly (readonly [error: unknown, host: string, port: number, hint: RegExp, not: RegExp])[] = [
    [
      failing('EADDRNOTAVAIL'),
      '192.0.2.7',
      802,
      /no interface of this machine has the address 192\.0\.2\.7 \(yet\).*network-online/,
      /program/,
    ],
    [failing('EADDRINUSE'), '10.0.0.1', 802, /another program listens on 10\.0\.0\.1:802/, /1024|network-online/],
    [failing('EACCES'), '10.0.0.1', 802, /below 1024.*CAP_NET_BIND_SERVICE/, /program listens/],
    [failing('EACCES'), '10.0.0.1', 8802, /may not listen.*SELinux/, /1024/],
    [failing('ENOTFOUND'), 'gw.plant', 802, /the name gw\.plant has no address/, /program/],
    [failing('EAFNOSUPPORT'), '::1', 802, /no IPv6/, /program/],
    [failing('EMFILE'), '::1', 802, /\[::1\]:802/, /program listens/],
    [new Error('odd'), '10.0.0.1', 802, /10\.0\.0\.1:802/, /program listens/],
  ]
  for (const [error, host, port, hint, not] of table) {
    t.match(hintOfListening(error, host, port), hint)
    t.notMatch(hintOfListening(error, host, port), not)
  }
  t.end()
})
